import { useEffect, useState } from 'preact/hooks';
import type { Moment, Recording } from '../recording/recording.ts';
import { reduce } from '../view.ts';
import { type Clock, clockAt, nowMs } from './clock.ts';
import type { Following } from './follow.ts';

/** How fast a recording may be played. */
export const speeds = [1, 4, 16] as const;
type Speed = (typeof speeds)[number];

/** Where a replay is, and what moves it. Times: epoch milliseconds. */
export interface Replay {
  startedMs: number;
  fromMs: number;
  toMs: number;
  atMs: number;
  /** The end of the address of what is shown, such as `#t=83.5`. */
  address: string;
  playing: boolean;
  speed: Speed;
  moments: readonly Moment[];
  seek: (ms: number) => void;
  /** At the end: from the beginning. */
  play: () => void;
  pause: () => void;
  setSpeed: (speed: Speed) => void;
}

/** Between two pictures while it plays, in milliseconds. */
const TICK_MS = 100;

/** How long a moment is shown before the address is that of it, in milliseconds. */
const ADDRESS_MS = 200;

interface Position extends Following {
  atMs: number;
  playing: boolean;
  speed: Speed;
}

/**
 * Shows a recording in the place of a run that goes on. Begins where the address says (`#t=` seconds since the run began),
 * else where the first promise broke, else at the end.
 */
export function useReplay(recording: Recording): Following {
  const { startedMs, fromMs, toMs, moments } = recording;
  const logOf = (requestId: string) => recording.logOf(requestId);
  const within = (ms: number) => Math.min(toMs, Math.max(fromMs, ms));
  const clockOf = (atMs: number, playing: boolean, speed: Speed): Clock => clockAt(atMs, playing ? speed : 0);
  const moved = (ms: number, playing: boolean, speed: Speed): Position => {
    const atMs = within(ms);
    const view = recording.viewAt(atMs);
    const clock = clockOf(atMs, playing, speed);
    return { ...{ atMs, playing, speed, view, clock, logOf }, live: true, newsFrom: view.happened };
  };
  const [position, setPosition] = useState(() => {
    const broken = moments.find((moment) => moment.broken);
    return moved(addressedMs(startedMs) ?? broken?.atMs ?? toMs, false, 1);
  });
  const { atMs, playing, speed } = position;
  const address = addressOf(startedMs, atMs);

  const seek = (ms: number) => setPosition((before) => moved(ms, before.playing, before.speed));
  const set = (playing: boolean, speed: Speed) =>
    setPosition((before) => ({ ...before, playing, speed, clock: clockOf(before.atMs, playing, speed) }));

  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => {
      setPosition((before) => {
        const next = within(Math.floor(nowMs(before.clock)));
        const view = reduce(before.view, recording.between(before.atMs, next));
        if (next < toMs) return { ...before, atMs: next, view };
        return { ...before, atMs: next, view, playing: false, clock: clockAt(next, 0) };
      });
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [playing, recording]);

  // The address is that of the moment, so that it can be kept or sent.
  useEffect(() => {
    if (playing || location.hash === address) return;
    // Not at each step of a slider that is dragged: browsers allow only so many.
    const timer = setTimeout(() => history.replaceState(null, '', address), ADDRESS_MS);
    return () => clearTimeout(timer);
  }, [playing, address]);
  useEffect(() => {
    const go = () => {
      const ms = addressedMs(startedMs);
      if (ms !== undefined) setPosition(({ speed }) => moved(ms, false, speed));
    };
    addEventListener('hashchange', go);
    return () => removeEventListener('hashchange', go);
  }, [recording]);

  return {
    ...position,
    replay: {
      ...{ startedMs, fromMs, toMs, moments, atMs, address, playing, speed, seek },
      play: () => {
        if (atMs >= toMs) setPosition(moved(fromMs, true, speed));
        else set(true, speed);
      },
      pause: () => set(false, speed),
      setSpeed: (speed) => set(playing, speed),
    },
  };
}

/** `#t=` and the seconds since the run began. */
function addressOf(startedMs: number, ms: number): string {
  return `#t=${Number(((ms - startedMs) / 1000).toFixed(3))}`;
}

/** The moment that the address names; undefined: none. */
function addressedMs(startedMs: number): number | undefined {
  const seconds = /^#t=(-?\d+(?:\.\d+)?)$/.exec(location.hash)?.[1];
  return seconds === undefined ? undefined : startedMs + Math.round(Number(seconds) * 1000);
}
