import {
  type Operation,
  Rehearsal,
  type RehearsalOptions,
  type Run,
  type Running,
  root,
} from '@envoy-poc/doubles';
import { firstStackOf, platformFileOf } from '@envoy-poc/layers';
import { haveCommand } from '@envoy-poc/testing';
import { afterAll, beforeAll, describe, expect } from 'vitest';

const engine = haveCommand('pulumi', 'Install it: https://www.pulumi.com/docs/install/');

/** The names that these layers are deployed by. */
export const platform = platformFileOf(root);
export const [, firstStack] = firstStackOf(platform);

/** What there is before the first scenario: a folder that a rehearsal was saved to, or nothing. */
type Beginning = () => Promise<string | undefined>;

/** Scenarios of one rehearsal, in their order; skipped where there is no engine. */
export function scenarios(
  name: string,
  define: (rehearsal: () => Rehearsal) => void,
  beginning: Beginning = async () => undefined,
  options: RehearsalOptions = {},
): void {
  describe.skipIf(!engine)(name, () => {
    let rehearsal: Rehearsal;
    beforeAll(async () => {
      const from = await beginning();
      rehearsal = await Rehearsal.start({ ...options, ...(from !== undefined && { from }) });
    });
    afterAll(() => rehearsal?.close());
    define(() => rehearsal);
  });
}

/** Waits for a run, which must succeed, and gives what it printed. */
export async function ok(run: Promise<Run>): Promise<string> {
  const { code, ending, output } = await run;
  expect(code, `${ending}\n${output}`).toBe(0);
  return output;
}

/** What a command that must succeed printed on stdout, as JSON. */
export async function json(run: Promise<Run>): Promise<unknown> {
  await ok(run);
  return JSON.parse((await run).stdout);
}

/**
 * What Pulumi prints of itself when the engine ends, for an error of a component's part, before it has answered the program:
 * "resource monitor shut down", with the program's stack.
 */
const enginesOwn = /^.*resource monitor shut down.*\n(\s+at .*\n)+/gm;

/** Waits for a run, which must fail and say so itself, and gives what it printed. */
export async function failed(run: Promise<Run>): Promise<string> {
  const { code, ending, output } = await run;
  expect(code, `${ending}\n${output}`).toBeGreaterThan(0);
  const ours = output.replaceAll(enginesOwn, '');
  expect(ours, 'an error as people read it has no stack trace').not.toMatch(/^\s+at .*\.(ts|js):\d+/m);
  return output;
}

/** Kills everything at the moment at which a command is in the middle of an operation on a resource. */
export async function killedAt(
  rehearsal: Rehearsal,
  command: Running,
  what: Operation['what'],
  name: string,
): Promise<void> {
  let over: Run | undefined;
  void command.ended.then((run) => {
    over = run;
  });
  const going = () =>
    rehearsal
      .journal()
      .some(
        (operation) =>
          operation.endedAt === undefined && operation.what === what && operation.urn.endsWith(`::${name}`),
      );
  await expect
    .poll(() => (over ? `${over.ending}\n${over.output}` : going()), { timeout: 300_000, interval: 50 })
    .not.toBe(false);
  expect(over, 'the command was over before').toBeUndefined();
  rehearsal.kill();
  expect((await command.ended).code).not.toBe(0);
}
