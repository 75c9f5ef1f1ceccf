import type { AccessLogLine } from '@envoy-poc/edge';
import { z } from 'zod';
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
    for (const text of lines) {
      const line = jsonOf(text) as AccessLogLine | undefined;
      if (line?.upgrade?.toLowerCase() !== 'websocket') continue;
      if (line.type === 'DownstreamTunnelSuccessfullyEstablished') opened++;
      else if (line.code === 101) continue;
      else if (line.code === 429) refusedByRate++;
      else if (line.code === 503 && line.details === 'via_upstream') refusedFull++;
      else if (line.code >= 500)
        odd.push(`${edge} logged ${line.code} ${line.flags} ${line.details} at ${line.time}`);
    }
  }
  return { opened, refusedByRate, refusedFull, odd };
}

function jsonOf(text: string): unknown {
  try {
    return text.startsWith('{') ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
