import { type Check, pass, skip } from '#runtime';
import type { VerifyContext } from '../context.ts';
import { podChecks } from './pods.ts';
import { recordChecks } from './records.ts';
import { websocketChecks } from './websocket.ts';

/** Checks of a data plane wherever it runs: 5 and 6 of the ten, and 8 to 10. */
export const planeChecks = { pods: podChecks, traffic: [...websocketChecks, ...recordChecks] } as const;

/** Whether there is a local run to look at. */
export const localRun: Check<VerifyContext> = {
  id: 'plane',
  title: 'a local run is up',
  async run({ plane }) {
    const way = await (await plane()).way();
    return pass(way?.url ?? 'without an edge');
  },
};

/** A check in whose place nothing is looked at. */
export const notHere = (id: string, title: string, because: string): Check<unknown> => ({
  id,
  title,
  run: () => skip(because),
});
