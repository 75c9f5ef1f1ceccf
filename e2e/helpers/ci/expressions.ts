import { data, Evaluator, Lexer, Parser } from '@actions/expressions';

/** What expressions of a workflow can read: `github`, `vars`, `secrets`, `inputs`, …, each a value of JSON. */
export type Contexts = Readonly<Record<string, unknown>>;

/**
 * Puts values in the place of the expressions in a text: `${{ vars.AWS_REGION }}`.
 *
 * @throws {ExpressionError} at an expression that GitHub would refuse too
 */
export function fill(text: string, contexts: Contexts): string {
  return text.replaceAll(/\$\{\{(.+?)\}\}/gs, (_, expression: string) =>
    evaluate(expression, contexts).coerceString(),
  );
}

/**
 * Whether a condition (`if:`) holds.
 *
 * @param failed whether a step before has failed: what does not ask for that by `failure()` is then left out
 */
export function holds(condition: string, contexts: Contexts, failed = false): boolean {
  if (failed && !/\bfailure\(\)/.test(condition)) return false;
  const bare = /^\$\{\{(.+)\}\}$/s.exec(condition.trim())?.[1] ?? condition;
  const result = evaluate(bare, contexts, failed);
  return !['', 'false', '0'].includes(result.coerceString());
}

function evaluate(expression: string, contexts: Contexts, failed = false): data.ExpressionData {
  const failure = {
    ...{ name: 'failure', description: 'whether a step before has failed', minArgs: 0, maxArgs: 0 },
    call: () => new data.BooleanData(failed),
  };
  const { tokens } = new Lexer(expression).lex();
  const parsed = new Parser(tokens, Object.keys(contexts), [failure]).parse();
  const values = JSON.parse(JSON.stringify(contexts), data.reviver) as data.Dictionary;
  return new Evaluator(parsed, values, new Map([[failure.name, failure]])).evaluate();
}
