import { openSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { ReadStream, WriteStream } from 'node:tty';
import { StackError } from '../errors.ts';

/**
 * Asks once, on a terminal.
 *
 * @param terminal its path; undefined where there is none
 * @throws {StackError} unless the answer is yes
 */
export async function ask(question: string, terminal: string | undefined): Promise<void> {
  if (terminal === undefined) {
    throw new StackError(
      `${question} Nothing was started: there is no terminal to ask on. If it is meant, add --yes`,
    );
  }
  const input = new ReadStream(openSync(terminal, 'r'));
  const output = new WriteStream(openSync(terminal, 'w'));
  const lines = createInterface({ input, output, terminal: false });
  try {
    const answer = await lines.question(`${question}\nGo on? [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new StackError('Nothing was destroyed.');
  } finally {
    lines.close();
    input.destroy();
    output.destroy();
  }
}
