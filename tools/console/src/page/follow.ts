import { useEffect, useState } from 'preact/hooks';
import type { RunEvent } from '../events.ts';
import { reduce, type View } from '../view.ts';

/** What the page knows of the run. */
export interface Following {
  view: View;
  /** Whether the server answers. */
  live: boolean;
  /** What happened before this number was there when the page came. */
  newsFrom: number;
  /** By how much this clock is ahead of the run's, in milliseconds. */
  aheadMs: number;
}

const kinds = ['open', 'close', 'refused', 'failed', 'reply', 'mark', 'setup', 'state'] as const;

/** Follows the run, over restarts of the server too. Undefined until it has answered. */
export function useFollowing(): Following | undefined {
  const [following, setFollowing] = useState<Following>();
  useEffect(() => {
    let queue: RunEvent[] = [];
    let waiting = false;
    let source: EventSource;
    let again: ReturnType<typeof setTimeout> | undefined;
    const drain = () => {
      waiting = false;
      const events = queue;
      queue = [];
      const told = events.findLast(({ event }) => event === 'state');
      const ahead = told ? Date.now() - Date.parse(told.at) : Number.POSITIVE_INFINITY;
      setFollowing(
        (before) =>
          before && {
            ...before,
            live: true,
            view: reduce(before.view, events),
            // What is told late makes this clock seem further ahead.
            aheadMs: Math.min(before.aheadMs, ahead),
          },
      );
    };
    // Once a frame, and once a second where nobody looks: a browser draws no frames there.
    const enqueue = (event: RunEvent) => {
      queue.push(event);
      if (waiting) return;
      waiting = true;
      if (document.hidden) setTimeout(drain, 1000);
      else requestAnimationFrame(drain);
    };
    const connect = () => {
      source = new EventSource('/api/events');
      source.addEventListener('view', ({ data }) => {
        const view = JSON.parse(data) as View;
        queue = [];
        const at = view.state ? Date.parse(view.state.at) : Date.now();
        setFollowing({ view, live: true, newsFrom: view.happened, aheadMs: Date.now() - at });
      });
      for (const kind of kinds) {
        source.addEventListener(kind, (message) => {
          // EventSource has an `open` of its own, when the stream begins.
          if (message instanceof MessageEvent) enqueue(JSON.parse(message.data) as RunEvent);
        });
      }
      source.onerror = () => {
        setFollowing((before) => before && { ...before, live: false });
        if (source.readyState === EventSource.CLOSED) again = setTimeout(connect, 2000);
      };
    };
    connect();
    return () => {
      clearTimeout(again);
      source.close();
    };
  }, []);
  return following;
}
