import { parser } from '@prometheus-io/lezer-promql';

type SyntaxNode = ReturnType<typeof parser.parse>['topNode'];

/** A selector of series in a PromQL expression. */
export interface Selector {
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly op: string; readonly value: string }[];
  /** Labels by which an aggregation around it groups. */
  readonly grouping: readonly string[];
}

/** Series, by its labels; its name is `__name__`. */
export type Series = Readonly<Record<string, string>>;

/** Every selector of an expression. @throws {Error} when it is no PromQL */
export function selectorsOf(expression: string): Selector[] {
  const textOf = ({ from, to }: SyntaxNode) => expression.slice(from, to);
  const selectors: Selector[] = [];
  const visit = (node: SyntaxNode, grouping: readonly string[]) => {
    if (node.type.isError) throw new Error(`not PromQL at ${node.from}: ${expression}`);
    const own =
      node.name === 'AggregateExpr'
        ? all(node, 'GroupingLabels').flatMap((one) => all(one, 'LabelName'))
        : [];
    const labels = [...grouping, ...own.map(textOf)];
    if (node.name === 'VectorSelector') {
      const metric = all(node, 'Identifier').map(textOf)[0] ?? '';
      const matchers = all(node, 'UnquotedLabelMatcher').map((matcher) => {
        const [label, op, value] = [
          all(matcher, 'LabelName'),
          all(matcher, 'MatchOp'),
          all(matcher, 'StringLiteral'),
        ];
        const text = ([first]: SyntaxNode[]) => (first ? textOf(first) : '');
        return { label: text(label), op: text(op), value: text(value).slice(1, -1) };
      });
      selectors.push({ metric, matchers, grouping: labels });
      return;
    }
    for (let child = node.firstChild; child; child = child.nextSibling) visit(child, labels);
  };
  visit(parser.parse(expression).topNode, []);
  return selectors;
}

/** All nodes of a kind below another. */
function all(node: SyntaxNode, name: string): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (child.name === name) found.push(child);
    else found.push(...all(child, name));
  }
  return found;
}

/** Whether there is a series that a selector selects, with all labels that it is grouped by. */
export function selectsAny({ metric, matchers, grouping }: Selector, all: readonly Series[]): boolean {
  const matches = (series: Series) =>
    matchers.every(({ label, op, value }) => {
      const found = series[label] ?? '';
      if (op === '=') return found === value;
      if (op === '!=') return found !== value;
      return new RegExp(`^(?:${value})$`).test(found) === (op === '=~');
    });
  return all.some(
    (series) => series.__name__ === metric && matches(series) && grouping.every((label) => label in series),
  );
}

/** The series of a page of statistics. */
export function seriesIn(page: string): Series[] {
  return page.split('\n').flatMap((line) => {
    const [, name, labels = ''] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+/.exec(line) ?? [];
    if (name === undefined) return [];
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, value]) => [
      label,
      value,
    ]);
    return [{ ...Object.fromEntries(pairs), __name__: name }];
  });
}
