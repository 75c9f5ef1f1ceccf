import { useEffect, useState } from 'preact/hooks';
import type { RunEvent } from '../events.ts';
import type { RequestLog } from '../server.ts';
import { reduce, type View } from '../view.ts';
import { type Clock, clockAt, nowMs } from './clock.ts';
import type { Replay } from './replay.ts';

/** What the page knows of the run. */
export interface Following {
  view: View;
  /** Whether the server answers. */
  live: boolean;
  /** What happened before this number was there when the page came. */
  newsFrom: number;
  clock: Clock;
  /** What was logged of a request. */
  logOf: (requestId: string) => Promise<RequestLog>;
  /** What moves it, where it is a recording. */
  replay?: Replay;
}

const kinds = ['open', 'close', 'refused', 'failed', 'reply', 'mark', 'setup', 'state'] as const;

/** Longest wait until something is shown that moves nothing in the picture, in milliseconds. */
const SOON_MS = 250;

async function logOf(requestId: string): Promise<RequestLog> {
  const response = await fetch(`/api/log?request=${encodeURIComponent(requestId)}`);
  if (!response.ok) throw new Error(`the console answered ${response.status}`);
  return response.json();
}

/** Follows the run, over restarts of the server too. Undefined until it has answered. */
export function useFollowing(): Following | undefined {
  const [shown, show] = useState<Following>();
  useEffect(() => {
    let following: Following | undefined;
    let queue: RunEvent[] = [];
    let soon: ReturnType<typeof setTimeout> | undefined;
    let frame = 0;
    let source: EventSource;
    let again: ReturnType<typeof setTimeout> | undefined;
    // Where nobody looks, nothing is drawn.
    const follow = (next: Following | undefined) => {
      following = next;
      if (!document.hidden) show(next);
    };
    const look = () => follow(following);
    const drain = () => {
      clearTimeout(soon);
      cancelAnimationFrame(frame);
      soon = undefined;
      frame = 0;
      const events = queue;
      queue = [];
      if (!following) return;
      const told = events.findLast(({ event }) => event === 'state');
      const toldMs = told ? Date.parse(told.at) : 0;
      const { clock } = following;
      follow({
        ...following,
        live: true,
        view: reduce(following.view, events),
        // What is told late does not set it back.
        clock: toldMs > nowMs(clock) ? clockAt(toldMs) : clock,
      });
    };
    const enqueue = (event: RunEvent) => {
      queue.push(event);
      soon ??= setTimeout(drain, document.hidden ? 1000 : SOON_MS);
      // A browser has no frames where nobody looks.
      if (event.event !== 'reply' && !document.hidden) frame ||= requestAnimationFrame(drain);
    };
    const connect = () => {
      source = new EventSource('/api/events');
      source.addEventListener('view', ({ data }) => {
        const view = JSON.parse(data) as View;
        queue = [];
        const at = view.state ? Date.parse(view.state.at) : Date.now();
        follow({ view, live: true, newsFrom: view.happened, clock: clockAt(at), logOf });
      });
      for (const kind of kinds) {
        source.addEventListener(kind, (message) => {
          // EventSource has an `open` of its own, when the stream begins.
          if (message instanceof MessageEvent) enqueue(JSON.parse(message.data) as RunEvent);
        });
      }
      source.onerror = () => {
        follow(following && { ...following, live: false });
        if (source.readyState === EventSource.CLOSED) again = setTimeout(connect, 2000);
      };
    };
    connect();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      cancelAnimationFrame(frame);
      clearTimeout(soon);
      clearTimeout(again);
      source.close();
    };
  }, []);
  return shown;
}
