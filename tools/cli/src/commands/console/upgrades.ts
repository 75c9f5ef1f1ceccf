import type { AccessLogLine } from '@envoy-poc/edge';
import pMap from 'p-map';
import { accessLogLine, isWebSocket } from '../start/index.ts';
import { type LogLine, type LogPlace, readLog } from './follow-log.ts';
import type { Member } from './members.ts';

/** Logs that are read at once. */
const AT_ONCE = 16;

/** Clocks that differ less than this are taken for the same: the API server tells its own in whole seconds. */
const SAME_CLOCK_MS = 1500;

/** What the edges had logged before anybody watched. */
export interface Before {
  /** Connections that are open, by the line that was logged when they were opened, in that order. */
  readonly open: readonly AccessLogLine[];
  /** The last line of each log, by the pod's name. */
  readonly last: ReadonlyMap<string, LogLine>;
  /** By how much the cluster's clock is ahead of this one, in milliseconds. */
  readonly aheadMs: number;
}

/**
 * Connections that are open, as far as the edges' logs still tell when they were opened.
 *
 * @param edges one whose log cannot be read, as it starts, tells of none
 */
export async function openBefore(
  edges: readonly Pick<Member, 'name' | 'podName'>[],
  {
    onLine,
    signal,
    ...place
  }: Omit<LogPlace, 'podName'> & {
    /** Told each line of an access log, as it is read and written. */
    readonly onLine: (name: string, line: AccessLogLine, text: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<Before> {
  const asked = Date.now();
  const nothing = { lines: [], serverMs: undefined };
  const logs = await pMap(
    edges,
    async ({ name, podName }) => ({
      ...{ name, podName },
      ...(await readLog({ ...place, podName }, signal).catch(() => nothing)),
    }),
    { concurrency: AT_ONCE },
  );
  signal.throwIfAborted();
  const open = new Map<string, AccessLogLine>();
  const last = new Map<string, LogLine>();
  for (const { name, podName, lines } of logs) {
    for (const line of lines) {
      last.set(podName, line);
      const logged = accessLogLine(line.text);
      if (!logged) continue;
      onLine(name, logged, line.text);
      if (!isWebSocket(logged) || logged.code !== 101) continue;
      const key = `${logged.edge} ${logged.request_id} ${logged.time}`;
      if (logged.type === 'DownstreamEnd') open.delete(key);
      else open.set(key, logged);
    }
  }
  const aheadMs = (logs[0]?.serverMs ?? asked) - asked;
  return {
    open: [...open.values()].sort((one, other) => one.time.localeCompare(other.time)),
    last,
    aheadMs: Math.abs(aheadMs) > SAME_CLOCK_MS ? aheadMs : 0,
  };
}
