import { ports } from '@envoy-poc/layers/workloads';
import { expect } from 'vitest';
import { eventually } from '../../helpers/wait.ts';
import type { Cluster, Pod } from './cluster.ts';
import { metric } from './servers.ts';

/** A client tries once in this time: what the tests configure. */
export const ATTEMPT_INTERVAL_SECONDS = 2;

/** What tests read of a line of a client's log. */
export interface ClientLine {
  time: string;
  client: string;
  event: 'open' | 'refused' | 'reply' | 'reply_missing' | 'reply_invalid' | 'close' | string;
  connectionId?: number;
  durationMs?: number;
  code?: number;
  /** Of a close: whether a message still waited for its reply. */
  unanswered?: boolean;
  timestamp?: string;
  podIp?: string;
}

/** What all clients have logged in the last seconds, or since they started, by client. */
export async function clientLogs(cluster: Cluster, sinceSeconds?: number): Promise<ClientLine[][]> {
  return Promise.all(
    (await cluster.pods('client')).map((pod) => cluster.logs<ClientLine>(pod, sinceSeconds)),
  );
}

/** Waits until every client that lost a connection has tried again; gives what they have logged since `before`. */
export function expectEachBack(cluster: Cluster, before: readonly ClientLine[][]): Promise<ClientLine[][]> {
  return eventually(async () => {
    const since = (await clientLogs(cluster)).map((lines, i) => lines.slice(before[i]?.length ?? 0));
    for (const lines of since) {
      const last = lines.findLastIndex(({ event }) => event === 'close');
      if (last >= 0) expect(lines.slice(last).filter(isAttempt)).not.toEqual([]);
    }
    return since;
  });
}

/** No client tries more often than it is told to, whatever happens to its connections. */
export function expectPaced(lines: readonly ClientLine[][]): void {
  for (const client of lines) {
    const starts = client
      .filter(isAttempt)
      .map(({ time, durationMs = 0 }) => Date.parse(time) - durationMs)
      .sort((a, b) => a - b);
    // A process that has to wait for its turn may write a line late, by far less than a second.
    const least = (attempts: number) => attempts * ATTEMPT_INTERVAL_SECONDS - 1;
    const gaps = starts.slice(1).map((start, i) => (start - (starts[i] ?? 0)) / 1000);
    for (const gap of gaps) expect(gap).toBeGreaterThan(least(1));
    expect(gaps.reduce((a, b) => a + b, 0)).toBeGreaterThan(least(gaps.length));
  }
  expect(lines.flat().filter(isAttempt).length).toBeGreaterThan(0);
}

const isAttempt = ({ event }: ClientLine) => event === 'open' || event === 'refused';

/**
 * Of all that the clients ever sent, each message was answered, once, but for those on their way when a connection
 * closed: by the clients' own counts, in a moment in which none waits for a reply.
 */
export async function expectNoReplyLost(cluster: Cluster): Promise<void> {
  let sentByAll = 0;
  for (const pod of await cluster.pods('client')) {
    sentByAll += await eventually(async () => {
      const sent = await counted(cluster, pod, 'messages_sent');
      const lines = await cluster.logs<ClientLine>(pod);
      const replies = await counted(cluster, pod, 'replies');
      const cutOff = lines.filter(({ event, unanswered }) => event === 'close' && unanswered).length;
      expect(await counted(cluster, pod, 'messages_sent'), 'sent meanwhile').toBe(sent);
      expect(replies + cutOff, 'answered or cut off').toBe(sent);
      return sent;
    });
  }
  expect(sentByAll).toBeGreaterThan(0);
  const events = (await clientLogs(cluster)).flat().map(({ event }) => event);
  expect(events.filter((event) => event === 'reply_missing' || event === 'reply_invalid')).toEqual([]);
}

async function counted(cluster: Cluster, pod: Pod, what: 'messages_sent' | 'replies'): Promise<number> {
  return metric(await cluster.fromPod(pod, ports.client, '/metrics'), `ws_client_${what}_total`);
}
