import { useEffect, useState } from 'preact/hooks';
import type { RunEvent } from '../events.ts';
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
  /** What moves it, where it is a recording. */
  replay?: Replay;
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
      const toldMs = told ? Date.parse(told.at) : 0;
      setFollowing(
        (before) =>
          before && {
            ...before,
            live: true,
            view: reduce(before.view, events),
            // What is told late does not set it back.
            clock: toldMs > nowMs(before.clock) ? clockAt(toldMs) : before.clock,
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
        setFollowing({ view, live: true, newsFrom: view.happened, clock: clockAt(at) });
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
