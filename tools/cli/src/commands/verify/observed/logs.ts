import type { AccessLogLine, Limits } from '@envoy-poc/edge';
import { z } from 'zod';
import { jsonOf } from '#runtime/json';
import { Exactness, type PickerState, refusedByPicker, upgradeIn } from '../../start/index.ts';
import type { Exchanges, LoggedEvents } from './platform.ts';

const clientEvent = z.looseObject({
  event: z.enum(['reply', 'reply_invalid', 'reply_missing']),
  timestamp: z.string().default(''),
  podIp: z.string().default(''),
});

/**
 * What the clients' logs say of replies.
 *
 * @param logs the lines of each client, by its name
 * @param isServer whether an address is, or within the window was, a server's
 */
export function exchangesIn(
  logs: ReadonlyMap<string, readonly string[]>,
  isServer: (ip: string) => boolean,
): Exchanges {
  let replies = 0;
  const wrong: string[] = [];
  for (const [client, lines] of logs) {
    for (const line of lines) {
      const parsed = clientEvent.safeParse(jsonOf(line));
      if (!parsed.success) continue;
      const { event, timestamp, podIp } = parsed.data;
      if (event !== 'reply') wrong.push(`${client}: ${event.replace('_', ' ')}`);
      else if (!/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(timestamp))
        wrong.push(`${client}: a reply with the time "${timestamp}"`);
      else if (!isServer(podIp)) wrong.push(`${client}: a reply of ${podIp}, which is no server's address`);
      else replies++;
    }
  }
  return { replies, wrong };
}

/** What the edges' access logs say, of the lines of each edge, by its name. */
export function loggedIn(logs: ReadonlyMap<string, readonly string[]>): LoggedEvents {
  let [opened, refusedByRate, refusedFull] = [0, 0, 0];
  const odd: string[] = [];
  for (const [edge, lines] of logs) {
    for (const line of upgradesIn(lines)) {
      if (line.type === 'DownstreamTunnelSuccessfullyEstablished') opened++;
      else if (line.code === 101) continue;
      else if (line.code === 429) refusedByRate++;
      else if (line.code === 503 && (line.details === 'via_upstream' || refusedByPicker(line))) refusedFull++;
      else if (line.code >= 500)
        odd.push(`${edge} logged ${line.code} ${line.flags} ${line.details} at ${line.time}`);
    }
  }
  return { opened, refusedByRate, refusedFull, odd };
}

/** How much the clocks of two nodes may differ, in milliseconds. */
export const CLOCK_MS = 25;

/** A server pod, with what it says of its connections just before and just after the logs were read. */
export interface PodSlots {
  /** Address and port. */
  readonly address: string;
  readonly limit: number;
  readonly open: readonly number[];
}

/**
 * What the edges' access logs tell of the endpoint pickers, of the lines of each edge, by its name.
 *
 * @param pods those that were in service all the time
 */
export function admissionsIn(
  logs: ReadonlyMap<string, readonly string[]>,
  limits: Limits,
  pods: readonly PodSlots[],
): PickerState {
  const lines = [...logs.values()].flatMap(upgradesIn);
  const writtenMs = lines.map(({ time, duration_ms }) => Date.parse(time) + duration_ms);
  const earliest = writtenMs.reduce((one, other) => Math.min(one, other), Number.POSITIVE_INFINITY);
  const latest = writtenMs.reduce((one, other) => Math.max(one, other), 0);
  const exactness = new Exactness({ limits, sinceMs: earliest, clockMs: CLOCK_MS });
  const stillOpen = new Map<string | null, number>();
  for (const line of lines.sort((one, other) => one.time.localeCompare(other.time))) {
    exactness.line(line);
    const opens = line.type === 'DownstreamTunnelSuccessfullyEstablished';
    const closes = line.code === 101 && !opens && Date.parse(line.time) >= earliest;
    const change = opens ? 1 : closes ? -1 : 0;
    stillOpen.set(line.upstream, (stillOpen.get(line.upstream) ?? 0) + change);
  }
  const slots = pods.map(({ address, limit, open }) => {
    const before = Math.max(...open) - (stillOpen.get(address) ?? 0);
    return [address, limit - Math.max(0, before)] as const;
  });
  return exactness.judge(latest, new Map(slots));
}

function upgradesIn(lines: readonly string[]): AccessLogLine[] {
  return lines.flatMap((text) => upgradeIn(text) ?? []);
}
