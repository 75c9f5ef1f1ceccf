import { proxyInUse } from '@envoy-poc/proxy';
import { HttpProxyAgent, HttpsProxyAgent } from 'hpagent';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { jsonOf } from '#runtime/json';

/** What became of one attempt to talk to a server by WebSocket. Times in milliseconds. */
export type Attempt =
  | {
      readonly outcome: 'served';
      /** Until the connection was open. */
      readonly openMilliseconds: number;
      /** From the message to its reply. */
      readonly replyMilliseconds: number;
      readonly podIp: string;
      /** The server's time, ISO 8601. */
      readonly timestamp: string;
    }
  | {
      readonly outcome: 'refused';
      /** 429: over the rate; 503: every pod is full. */
      readonly status: number;
      readonly milliseconds: number;
    }
  | { readonly outcome: 'failed'; readonly detail: string };

const reply = z.object({ timestamp: z.iso.datetime({ precision: 3 }), podIp: z.ipv4() });

/** Connects, asks once, reads the reply and closes. Never throws; gives up after `timeoutSeconds` (default: 10). */
export function attempt(url: string, timeoutSeconds = 10): Promise<Attempt> {
  return new Promise((resolve) => {
    const begun = performance.now();
    const since = (time: number) => Math.round((performance.now() - time) * 10) / 10;
    const socket = new WebSocket(url, { handshakeTimeout: timeoutSeconds * 1000, ...throughProxy(url) });
    let openMilliseconds = 0;
    let asked = 0;
    const end = (result: Attempt) => {
      clearTimeout(timer);
      resolve(result);
      socket.close();
    };
    const timer = setTimeout(() => {
      end({ outcome: 'failed', detail: `no reply in ${timeoutSeconds} s` });
      socket.terminate();
    }, timeoutSeconds * 1000);
    socket.on('open', () => {
      openMilliseconds = since(begun);
      asked = performance.now();
      socket.send('verify');
    });
    socket.on('message', (data) => {
      const replyMilliseconds = since(asked);
      const parsed = reply.safeParse(jsonOf(String(data)));
      if (parsed.success) end({ outcome: 'served', openMilliseconds, replyMilliseconds, ...parsed.data });
      else
        end({
          outcome: 'failed',
          detail: `the reply is ${String(data).slice(0, 200)}, without time and pod IP`,
        });
    });
    socket.on('unexpected-response', (request, { statusCode = 0 }) => {
      end({ outcome: 'refused', status: statusCode, milliseconds: since(begun) });
      request.destroy();
    });
    // Also what follows an attempt that is over.
    socket.on('error', (error) => end({ outcome: 'failed', detail: error.message || String(error) }));
    socket.on('close', (code) => end({ outcome: 'failed', detail: `closed with ${code} before a reply` }));
  });
}

/** Has a connection go through the proxy to its place by CONNECT: forwarding an upgrade is beyond most proxies. */
function throughProxy(url: string): { agent?: HttpProxyAgent } {
  const proxy = proxyInUse(url)?.href;
  if (proxy === undefined) return {};
  return { agent: url.startsWith('wss:') ? new HttpsProxyAgent({ proxy }) : new HttpProxyAgent({ proxy }) };
}
