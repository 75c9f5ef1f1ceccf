import type { AccessLogLine } from '@envoy-poc/edge';
import { jsonOf } from '#runtime/json';

/** A line of an edge's access log; undefined: the edge says something else, or it is half a line. */
export function accessLogLine(text: string): AccessLogLine | undefined {
  return text.startsWith('{') ? (jsonOf(text) as AccessLogLine | undefined) : undefined;
}

/** Whether a line is about a WebSocket. */
export function isWebSocket({ upgrade }: AccessLogLine): boolean {
  return upgrade?.toLowerCase() === 'websocket';
}

/** What an access log says of a WebSocket upgrade; undefined: a line is about something else, or is half a line. */
export function upgradeIn(text: string): AccessLogLine | undefined {
  const line = accessLogLine(text);
  return line && isWebSocket(line) ? line : undefined;
}
