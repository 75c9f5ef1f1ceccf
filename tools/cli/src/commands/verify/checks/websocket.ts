import { BlockList } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Check, fail, type Outcome, pass, skip, warn } from '#runtime';
import type { VerifyContext } from '../context.ts';
import type { ServerGauges } from '../observed/platform.ts';
import { type Attempt, attempt } from '../websocket.ts';

/** Attempts until one is served; each waits a little, for the rate is not ours alone. */
const attempts = 8;
const pauseMilliseconds = 700;

/** A refusal later than this was not immediate. */
const immediateMilliseconds = 1000;

/** Connections tried at once beyond those that the rate may admit; few, for each admitted one costs a client its turn. */
const burstBeyond = 3;

/** What to type next, by what it shows. */
interface Ways {
  readonly edges: string;
  readonly servers: string;
  readonly statistics: string;
}

/** What attempts from this machine tell, one after the other until one was served. */
function judgeAttempts(
  seen: readonly Attempt[],
  isPod: (ip: string) => boolean,
  gauges: readonly ServerGauges[],
  ways: Ways,
): Outcome {
  const last = seen.at(-1);
  const failed = seen.find((one) => one.outcome === 'failed');
  if (!last || failed) {
    return fail(`an attempt failed: ${failed?.detail ?? 'none was made'}`, ways.edges);
  }
  if (last.outcome === 'served') {
    const { openMilliseconds, replyMilliseconds, podIp, timestamp } = last;
    const text = `open after ${openMilliseconds} ms, reply of ${podIp} at ${timestamp} after ${replyMilliseconds} ms`;
    return isPod(podIp) ? pass(text) : fail(`${text}, which is no pod's address`, ways.servers);
  }
  const refusals = seen.flatMap((one) => (one.outcome === 'refused' ? [one] : []));
  const odd = refusals.find((one) => !isExpected(one));
  if (odd) return fail(`refused with ${odd.status}`, ways.edges);
  const slowest = Math.max(...refusals.map(({ milliseconds }) => milliseconds));
  if (slowest > immediateMilliseconds) {
    return fail(`refused after ${slowest} ms, not immediately`, ways.statistics);
  }
  const [open, limit] = [sum(gauges, 'open'), sum(gauges, 'limit')];
  const byRate = refusals.filter(({ status }) => status === 429).length;
  const text =
    `${refusals.length} attempts refused immediately: ${byRate} by rate, ${refusals.length - byRate} full ` +
    `(slowest ${slowest} ms); ${open} of ${limit} slots are taken`;
  if (open < limit && byRate < refusals.length) {
    return fail(`${text}, so it should not be full`, ways.statistics);
  }
  return warn(
    `${text}, so no message could be sent`,
    'run fewer clients for a while and repeat this check to see a reply',
  );
}

/** What a burst tells: no more are admitted than the rate allows, and no server takes more than its limit. */
function judgeBurst(
  seen: readonly Attempt[],
  { most, exact }: { most: number; exact: boolean },
  gauges: readonly ServerGauges[],
  ways: Ways,
): Outcome {
  const over = gauges.filter(({ highWater, limit }) => highWater > limit);
  if (over.length > 0) {
    return fail(
      over
        .map(({ name, highWater, limit }) => `${name} had ${highWater} connections, its limit is ${limit}`)
        .join('\n'),
      `${ways.servers}; keep its log and metrics, for this must never be`,
    );
  }
  // The picker says that all is full before it looks at the rate; an edge by itself asks the pods after it.
  const admitted = seen.filter(
    (one) => one.outcome === 'served' || (!exact && one.outcome === 'refused' && one.status === 503),
  );
  const text =
    `${admitted.length} of ${seen.length} at once were admitted, ${most} may be; ` +
    `most connections on a server: ${gauges.map(({ highWater, limit }) => `${highWater}/${limit}`).join(' ')}`;
  return admitted.length > most ? fail(`${text}: the rate does not hold`, ways.statistics) : pass(text);
}

/** Whether an attempt was refused as the platform refuses: over the rate, or full. */
function isExpected(one: Attempt | undefined): boolean {
  return one?.outcome === 'refused' && (one.status === 429 || one.status === 503);
}

const sum = (gauges: readonly ServerGauges[], field: 'open' | 'limit') =>
  gauges.reduce((total, gauge) => total + gauge[field], 0);

const waysOf = async ({ look, statistics }: VerifyContext): Promise<Ways> => ({
  edges: await look('edge'),
  servers: await look('server'),
  statistics: await statistics(),
});

const websocket: Check<VerifyContext> = {
  id: 'websocket',
  title: 'a WebSocket from here',
  needs: ['plane'],
  async run(context, signal) {
    const { way, pods, gauges } = await context.plane();
    const [found, ways] = await Promise.all([way(), waysOf(context)]);
    if (!found) return fail('there is no edge to connect to', ways.edges);
    const seen: Attempt[] = [];
    do {
      if (seen.length > 0) await sleep(pauseMilliseconds, undefined, { signal });
      seen.push(await attempt(found.url));
    } while (seen.length < attempts && isExpected(seen.at(-1)));
    const ranges = await context.podRanges();
    const known = new BlockList();
    for (const range of ranges ?? []) {
      const [address = '', prefix] = range.split('/');
      known.addSubnet(address, Number(prefix));
    }
    if (!ranges) for (const { ip } of await pods('server')) if (ip) known.addAddress(ip);
    const outcome = judgeAttempts(seen, (ip) => known.check(ip), await gauges(), ways);
    return { ...outcome, seen: `through ${found.through}: ${outcome.seen}` };
  },
};

const limits: Check<VerifyContext> = {
  id: 'limits',
  title: 'limit and rate, from here',
  needs: ['websocket'],
  disturbs: true,
  async run(context) {
    const { way, gauges, promised } = await context.plane();
    const [found, { mostInOneSecond: most, admission }] = await Promise.all([way(), promised()]);
    if (!found || most === undefined) {
      return skip('because what the workloads layer publishes, which names the rate, is not looked at');
    }
    const begun = performance.now();
    const burst = await Promise.all(Array.from({ length: most + burstBeyond }, () => attempt(found.url)));
    // As many again in each further second that it took.
    const law = {
      most: most * Math.ceil((performance.now() - begun) / 1000),
      exact: admission === 'exact',
    };
    return judgeBurst(burst, law, await gauges(), await waysOf(context));
  },
};

/** Check 8: the way in works from this machine, and no more come in than may. */
export const websocketChecks = [websocket, limits] as const;
