import { type Check, skip } from '@envoy-poc/checks';
import { podChecks } from './pods.ts';
import { recordChecks } from './records.ts';
import { websocketChecks } from './websocket.ts';

/** Checks of a data plane wherever it runs: 5, 6, 8, 9 and 10 of the ten. */
export const planeChecks = [...podChecks, ...websocketChecks, ...recordChecks] as const;

/** A check in whose place nothing is looked at. */
export const notHere = <C>(id: string, title: string, because: string): Check<C> => ({
  id,
  title,
  run: () => skip(because),
});
