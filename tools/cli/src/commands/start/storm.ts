import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

export interface StormOptions {
  /** `ws://` URLs that the attempts take in turn. */
  urls: readonly string[];
  /** Local addresses that they come from, in turn; empty: the system's choice. */
  from: readonly string[];
  attempts: number;
  /** From one attempt to the next, in milliseconds. Left out: all at once. */
  everyMs?: number;
  /** Headers of an attempt, counted from 0. */
  headers?: (attempt: number) => Record<string, string>;
  /** Ends all of it. */
  signal: AbortSignal;
}

/** What became of the attempts; `other`: another status, or no answer at all. */
export interface Outcome {
  open: number;
  rate: number;
  full: number;
  other: number;
}

/** How long who is admitted keeps its slot, in milliseconds. */
const HOLD_MS = 5000;

/** Longest wait for an answer, in milliseconds. */
const ANSWER_MS = 10_000;

/** Attempts so many upgrades; resolves when all are answered. Who is admitted leaves a little later. */
export async function storm(options: StormOptions): Promise<Outcome> {
  const { urls, from, attempts, everyMs, headers, signal } = options;
  const outcome: Outcome = { open: 0, rate: 0, full: 0, other: 0 };
  const answers: Promise<void>[] = [];
  for (let n = 0; n < attempts && !signal.aborted; n++) {
    const answer = attempt(urls[n % urls.length] as string, from[n % from.length], headers?.(n), signal);
    answers.push(answer.then((what) => void outcome[what]++));
    if (everyMs !== undefined) await sleep(everyMs);
  }
  await Promise.all(answers);
  return outcome;
}

/** Tries to open a WebSocket; never throws. */
function attempt(
  url: string,
  from: string | undefined,
  headers: Record<string, string> | undefined,
  signal: AbortSignal,
): Promise<keyof Outcome> {
  const socket = new WebSocket(url, {
    ...{ perMessageDeflate: false, handshakeTimeout: ANSWER_MS },
    ...(from !== undefined && { localAddress: from }),
    ...(headers && { headers }),
  });
  const end = () => socket.terminate();
  signal.addEventListener('abort', end, { once: true });
  return new Promise((resolve) => {
    socket.once('open', () => {
      resolve('open');
      const leave = setTimeout(() => socket.close(), HOLD_MS);
      socket.once('close', () => clearTimeout(leave));
    });
    socket.once('unexpected-response', (_, { statusCode }) => {
      resolve(statusCode === 429 ? 'rate' : statusCode === 503 ? 'full' : 'other');
      socket.terminate();
    });
    socket.on('error', () => resolve('other'));
    socket.once('close', () => {
      signal.removeEventListener('abort', end);
      resolve('other');
    });
  });
}

/** `3 admitted, 57 refused: 40 by rate, 17 full`. */
export function outcomeWords({ open, rate, full, other }: Outcome): string {
  const refused = [
    ...(rate > 0 ? [`${rate} by rate`] : []),
    ...(full > 0 ? [`${full} full`] : []),
    ...(other > 0 ? [`${other} without a proper answer`] : []),
  ];
  const all = rate + full + other;
  return `${open} admitted, ${all} refused${all > 0 ? `: ${refused.join(', ')}` : ''}`;
}
