import type { RunEvent } from '../events.ts';
import type { RequestLog } from '../server.ts';

/** What the processes of a run log of each of its requests, and how that is explained. */
export function loggedIn(events: readonly RunEvent[]): (requestId: string) => RequestLog | undefined {
  const logs = new Map<string, RequestLog>();
  events.forEach((event, n) => {
    if (event.event === 'refused') logs.set(event.requestId, refusal(event, n));
    if (event.event === 'open') logs.set(event.requestId, admission(event, n));
    if (event.event === 'reply') {
      const { at: time, client, requestId, timestamp, podIp, roundTripMs } = event;
      const fields = { connectionId: 1, requestId, event: 'reply', timestamp, podIp, roundTripMs };
      logs.get(requestId)?.lines.push(lineOf(client, { level: 'info', time, client, ...fields }));
    }
  });
  return (requestId) => logs.get(requestId);
}

function refusal(event: RunEvent & { event: 'refused' }, n: number): RequestLog {
  const { at: time, client, edge, status: code, milliseconds, reason, requestId } = event;
  const later = (ms: number) => new Date(Date.parse(time) + ms).toISOString();
  const clock = (ms: number) => later(ms).slice(11, 23);
  const full = reason === 'full';
  const slots = { pods: 4, freeSlots: full ? 0 : 1, slotsTaken: full ? 8 : 7, handedOut: 0 };
  const waitMs = full ? 0 : (n * 7919) % 1000;
  return {
    why: [
      `${requestId} was refused: ${code}, ${full ? 'full' : 'over the rate'}\n` +
        `  attempt   ${clock(0)} of ${client} at ${edge}, answered after ${milliseconds} ms\n` +
        `  picker    picker-1 said: ${full ? 'full' : 'over the rate'}; slots of the 4 pods that it heard: ` +
        `${slots.freeSlots} free, ${slots.slotsTaken} taken, 0 handed out\n` +
        `  tried     no pod\n  earliest  ${full ? `not by ${clock(12_345 + n)}, where the logs end` : clock(waitMs)}\n`,
    ],
    lines: [
      lineOf(edge, {
        ...accessLog(event, n),
        ...{ attempts: 0, bytes_sent: 19, code, details: 'ext_authz_denied', duration_ms: milliseconds },
        ...{ flags: 'UAEX', route: 'upgrade', type: 'DownstreamEnd', upstream: null },
      }),
      lineOf('picker-1', {
        ...{ level: 'info', time: later(1), event: 'decision', requestId, client: addressOf(client) },
        ...{ answer: reason, ...slots, waitMs, intervalMs: 1000 },
      }),
      lineOf(client, {
        ...{ level: 'info', time: later(2 + (n % 3)), client, event: 'refused', reason, status: code },
        ...{ detail: full ? 'full: no free slot' : 'over the rate', durationMs: 3 + (n % 5), requestId },
        url: urlOf(edge),
      }),
    ],
  };
}

function admission(event: RunEvent & { event: 'open' }, n: number): RequestLog {
  const { at: time, client, edge, pod, requestId } = event;
  const upstream = `127.0.1.${numberOf(pod)}:8080`;
  return {
    why: [
      `${requestId} was admitted\n  attempt   ${time.slice(11, 23)} of ${client} at ${edge}\n` +
        `  picker    picker-1 admitted it\n  tried     ${pod}: open (${time.slice(11, 23)})\n`,
    ],
    lines: [
      lineOf(edge, {
        ...accessLog(event, n),
        ...{ attempts: 1, bytes_sent: 0, code: 101, details: 'via_upstream', duration_ms: 2, flags: '-' },
        ...{ route: 'picked', type: 'DownstreamTunnelSuccessfullyEstablished', upstream },
      }),
      lineOf('picker-1', {
        ...{ level: 'info', time, event: 'decision', requestId, client: addressOf(client), answer: 'picked' },
        ...{ pod: upstream, endpoints: [upstream] },
      }),
      lineOf(pod, { level: 'info', time, requestId, event: 'open', openConnections: 1 + (n % 2) }),
      lineOf(client, { level: 'info', time, client, requestId, event: 'open', url: urlOf(edge) }),
    ],
  };
}

function accessLog({ at, client, edge, requestId }: RunEvent & { event: 'open' | 'refused' }, n: number) {
  return {
    ...{ bytes_received: 0, client: addressOf(client), edge, method: 'GET', path: '/', reset: null },
    ...{ peer: `${addressOf(client)}:${32_768 + ((n * 7919) % 28_000)}`, request_id: requestId, time: at },
    upgrade: 'websocket',
  };
}

const lineOf = (from: string, fields: object) => ({ from, line: JSON.stringify(fields) });
const numberOf = (name: string) => name.replace(/^.*-/, '');
const addressOf = (client: string) => `127.0.3.${numberOf(client)}`;
const urlOf = (edge: string) => `ws://127.0.2.${numberOf(edge)}:8000/`;
