import { missingPulumi } from '@envoy-poc/layer/engine';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { Rehearsal, type Run } from '../src/index.ts';

const missing = missingPulumi();
// Where the engine can be had, a scenario must not be left out unnoticed.
if (missing !== undefined && process.env.CI === 'true' && process.env.RIG_HOME) throw new Error(missing);
if (missing !== undefined) console.warn(`SKIPPED: ${missing}`);

/** Scenarios of one rehearsal, in their order; skipped where there is no engine. */
export function scenarios(name: string, define: (rehearsal: () => Rehearsal) => void): void {
  describe.skipIf(missing !== undefined)(name, () => {
    let rehearsal: Rehearsal;
    beforeAll(async () => {
      rehearsal = await Rehearsal.start();
    });
    afterAll(() => rehearsal?.close());
    define(() => rehearsal);
  });
}

/** Waits for a run, which must succeed, and gives what it printed. */
export async function ok(run: Promise<Run>): Promise<string> {
  const { code, output } = await run;
  expect(code, output).toBe(0);
  return output;
}

/** Waits for a run, which must fail, and gives what it printed. */
export async function failed(run: Promise<Run>): Promise<string> {
  const { code, output } = await run;
  expect(code, output).not.toBe(0);
  expect(output, 'an error as people read it has no stack trace').not.toMatch(/^\s+at .*\.(ts|js):\d+/m);
  return output;
}
