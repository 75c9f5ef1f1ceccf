import type { Cluster } from './cluster.ts';

/** What tests read of a line of a client's log. */
export interface ClientLine {
  time: string;
  client: string;
  event: 'open' | 'refused' | 'reply' | 'reply_missing' | 'reply_invalid' | 'close' | string;
  connectionId?: number;
  durationMs?: number;
  code?: number;
  timestamp?: string;
  podIp?: string;
}

/** What all clients have logged in the last seconds, or since they started, by client. */
export async function clientLogs(cluster: Cluster, sinceSeconds?: number): Promise<ClientLine[][]> {
  return Promise.all(
    (await cluster.pods('client')).map((pod) => cluster.logs<ClientLine>(pod, sinceSeconds)),
  );
}

/** Milliseconds between the starts of two attempts of a client, in order. */
export function attemptGaps(lines: readonly ClientLine[]): number[] {
  const starts = lines
    .filter(({ event }) => event === 'open' || event === 'refused')
    .map(({ time, durationMs = 0 }) => Date.parse(time) - durationMs)
    .sort((a, b) => a - b);
  return starts.slice(1).map((start, i) => start - (starts[i] ?? 0));
}

/** For each connection of a client that closed: milliseconds until its next attempt, `undefined` if there was none. */
export function returns(lines: readonly ClientLine[]): (number | undefined)[] {
  return lines.flatMap((line, i) => {
    if (line.event !== 'close') return [];
    const next = lines.slice(i).find(({ event }) => event === 'open' || event === 'refused');
    return [next && Date.parse(next.time) - Date.parse(line.time)];
  });
}
