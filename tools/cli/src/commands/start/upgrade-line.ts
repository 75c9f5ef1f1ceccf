import type { AccessLogLine } from '@envoy-poc/edge';
import { jsonOf } from '#runtime/json';

/** What an access log says of a WebSocket upgrade; undefined: a line is about something else, or is half a line. */
export function upgradeIn(text: string): AccessLogLine | undefined {
  const line = text.startsWith('{') ? (jsonOf(text) as AccessLogLine | undefined) : undefined;
  return line?.upgrade?.toLowerCase() === 'websocket' ? line : undefined;
}
