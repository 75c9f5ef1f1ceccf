import { isDeepStrictEqual } from 'node:util';
import { isMap, isNode, isScalar, type Node, type Pair, parseDocument, stringify, type YAMLMap } from 'yaml';

/** A value to be set. */
type Value = string | readonly string[] | { readonly [key: string]: Value };

/**
 * Sets a value in a YAML text. All else stays as it is written: comments, order, quotes, line breaks.
 *
 * @throws {Error} when the text is not YAML
 */
export function setYaml(text: string, path: readonly string[], value: Value): string {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error) throw error;
  const node = document.getIn(path, true);
  if (isNode(node)) {
    if (isDeepStrictEqual(node.toJS(document), value)) return text;
    if (isScalar(node) && typeof value === 'string' && node.value !== null) {
      const [start, end] = rangeOf(node);
      return text.slice(0, start) + stringify(value, { lineWidth: 0 }).trimEnd() + text.slice(end);
    }
  }
  const [parent, rest] = deepestMap(document.contents, path);
  const inserted = node === undefined && parent && insertAfterLast(text, parent, rest, value);
  if (inserted) return inserted;
  for (const [length] of path.entries()) {
    const above = path.slice(0, length);
    if (document.getIn(above) === null) document.setIn(above, document.createNode({}));
  }
  document.setIn(path, document.createNode(value, { flow: Array.isArray(value) }));
  return document.toString({ lineWidth: 0 });
}

/** The innermost map on a path that is there, and the keys that are not. */
function deepestMap(
  contents: unknown,
  path: readonly string[],
): [map: YAMLMap | undefined, rest: readonly string[]] {
  let map = isMap(contents) ? contents : undefined;
  let rest = path;
  while (map) {
    const [key = '', ...more] = rest;
    const next = map.get(key, true);
    if (!isMap(next)) break;
    map = next;
    rest = more;
  }
  return [map, rest];
}

/** Undefined for a map in braces or without an entry. */
function insertAfterLast(
  text: string,
  map: YAMLMap,
  path: readonly string[],
  value: Value,
): string | undefined {
  const last = map.items.at(-1) as Pair<Node, Node | null> | undefined;
  if (map.flow || last === undefined || map.has(path[0])) return undefined;
  const keyStart = rangeOf(last.key)[0];
  const indent = keyStart - (text.lastIndexOf('\n', keyStart - 1) + 1);
  const end = endOfLine(text, last.value ? rangeOf(last.value)[1] : rangeOf(last.key)[1]);
  const tree = path.reduceRight<Value>((inner, key) => ({ [key]: inner }), value);
  const lines = stringify(tree, { lineWidth: 0, flowCollectionPadding: false })
    .trimEnd()
    .split('\n')
    .map((line) => `${' '.repeat(indent)}${line}\n`);
  const before = text.slice(0, end);
  return `${before}${before.endsWith('\n') ? '' : '\n'}${lines.join('')}${text.slice(end)}`;
}

function endOfLine(text: string, offset: number): number {
  if (text[offset - 1] === '\n') return offset;
  const end = text.indexOf('\n', offset);
  return end === -1 ? text.length : end + 1;
}

function rangeOf(node: Node): readonly [number, number, number] {
  if (!node.range) throw new Error('a node that was parsed has a range');
  return node.range;
}
