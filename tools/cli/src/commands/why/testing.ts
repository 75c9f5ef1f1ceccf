import type { AccessLogLine } from '@envoy-poc/edge';

const startMs = Date.parse('2026-01-01T00:00:00.000Z');
let requests = 0;

/** ISO time so many milliseconds after the start of a test's day. */
export const at = (ms: number) => new Date(startMs + ms).toISOString();

/** An edge's line of an upgrade at that time; left out: it was opened at a pod. */
export function edgeLine(ms: number, fields: Partial<AccessLogLine> = {}): AccessLogLine {
  return {
    ...{
      time: at(ms),
      duration_ms: 1,
      edge: 'edge-1',
      client: '127.0.3.1',
      peer: '',
      method: 'GET',
      path: '/',
    },
    ...{ type: 'DownstreamTunnelSuccessfullyEstablished', code: 101, flags: '-', details: 'via_upstream' },
    ...{ upgrade: 'websocket', upstream: '127.0.1.1:8080', attempts: 1, request_id: `r${requests++}` },
    ...{ bytes_received: 0, bytes_sent: 0 },
    ...(fields.code !== undefined && fields.code !== 101 && { type: 'DownstreamEnd' }),
    ...fields,
  } as AccessLogLine;
}
