import { setTimeout as sleep } from 'node:timers/promises';
import { type Check, fail, type Outcome, pass, skip, warn } from '#runtime';
import type { Verdict } from '../../start/index.ts';
import type { VerifyContext } from '../context.ts';
import type { Exchanges, LoggedEvents, ObservedPlatform } from '../observed/platform.ts';

/** Edges and servers are not asked in the same instant: connections may open and close between. */
const agreeTries = 10;
const agreePauseMilliseconds = 500;

/** What clients saw. */
function judgeExchanges({ replies, wrong }: Exchanges, seconds: number, next: string): Outcome {
  if (wrong.length > 0) return fail(wrong.join('\n'), next);
  if (replies === 0) return fail(`no client had a reply in ${seconds} s`, next);
  return pass(`${replies} ${replies === 1 ? 'reply' : 'replies'}, each with its time and the IP of a server`);
}

/** What the edges wrote down, against what the servers say. */
export function judgeRecords(
  { opened, refusedByRate, refusedFull, odd }: LoggedEvents,
  atEdges: readonly { name: string; open: number }[],
  atServers: readonly { name: string; open: number }[],
  next: string,
): Outcome {
  const total = (all: readonly { open: number }[]) => all.reduce((sum, { open }) => sum + open, 0);
  const each = (all: readonly { open: number }[]) => all.map(({ open }) => open).join(' + ');
  const [edges, servers] = [total(atEdges), total(atServers)];
  const text =
    `${edges} connections are open by the edges' statistics (${each(atEdges)}), ${servers} by the servers' ` +
    `(${each(atServers)}); logged: ${opened} opened, ${refusedByRate} refused by rate, ${refusedFull} full`;
  const missing = [
    ...(atEdges.length === 0 ? ['edges'] : []),
    ...(atServers.length === 0 ? ['servers'] : []),
  ];
  if (missing.length > 0) return fail(`there are no ${missing.join(' and no ')} to ask`, next);
  if (odd.length > 0) return fail(`${odd.join('\n')}\n${text}`, next);
  if (edges !== servers) return fail(`${text}: they disagree`, next);
  return edges + opened === 0
    ? warn(`${text}: no connection was seen, so there was nothing to compare`, next)
    : pass(text);
}

/** What the endpoint pickers promise. */
function judgeAdmissions(verdicts: readonly Verdict[], next: string): Outcome {
  const broken = verdicts.filter(({ status }) => status === 'broken');
  if (broken.length > 0) {
    const lines = broken.map(
      ({ promise, expected, observed }) => `${promise}: expected ${expected}, observed ${observed}`,
    );
    return fail(lines.join('\n'), next);
  }
  const text = verdicts.map(({ observed }) => observed).join('; ');
  return verdicts.some(({ status }) => status === 'holds')
    ? pass(text)
    : warn(`${text}: no attempt was seen, so there was nothing to judge`, next);
}

const exchanges: Check<VerifyContext> = {
  id: 'exchanges',
  title: 'messages are exchanged',
  needs: ['plane'],
  async run({ plane, windowSeconds, look }, signal) {
    const seen = await (await plane()).exchanges(windowSeconds, signal);
    return judgeExchanges(seen, windowSeconds, await look('client'));
  },
};

const records: Check<VerifyContext> = {
  id: 'records',
  title: "Envoy's records agree",
  needs: ['plane'],
  async run({ plane, windowSeconds, look }, signal) {
    const there = await plane();
    const { atEdges, atServers } = await openNow(there, signal);
    return judgeRecords(await there.logged(windowSeconds), atEdges, atServers, await look('edge'));
  },
};

const admissions: Check<VerifyContext> = {
  id: 'admissions',
  title: 'admissions are exact',
  needs: ['plane'],
  async run({ plane, windowSeconds, look }) {
    const there = await plane();
    const { admission } = await there.promised();
    if (admission === undefined)
      return skip('because what the workloads layer publishes, which says who admits, is not looked at');
    if (admission === 'shared') return skip('because each edge admits its share of the rate');
    return judgeAdmissions(await there.admissions(windowSeconds), await look('picker'));
  },
};

async function openNow(plane: ObservedPlatform, signal: AbortSignal) {
  for (let tries = 1; ; tries++) {
    const [atEdges, atServers] = await Promise.all([plane.openAtEdges(), plane.gauges()]);
    const difference = [...atEdges.map(({ open }) => open), ...atServers.map(({ open }) => -open)];
    if (tries === agreeTries || difference.reduce((sum, value) => sum + value, 0) === 0)
      return { atEdges, atServers };
    await sleep(agreePauseMilliseconds, undefined, { signal });
  }
}

/** Checks 9 and 10: what clients, edges and servers say fits together. */
export const recordChecks = [exchanges, records, admissions] as const;
