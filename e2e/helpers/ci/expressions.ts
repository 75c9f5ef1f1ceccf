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

/** Whether a condition (`if:`) holds. */
export function holds(condition: string, contexts: Contexts): boolean {
  const bare = /^\$\{\{(.+)\}\}$/s.exec(condition.trim())?.[1] ?? condition;
  const result = evaluate(bare, contexts);
  return !['', 'false', '0'].includes(result.coerceString());
}

function evaluate(expression: string, contexts: Contexts): data.ExpressionData {
  const { tokens } = new Lexer(expression).lex();
  const parsed = new Parser(tokens, Object.keys(contexts), []).parse();
  const values = JSON.parse(JSON.stringify(contexts), data.reviver) as data.Dictionary;
  return new Evaluator(parsed, values).evaluate();
}
