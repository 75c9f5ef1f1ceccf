import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { History, Recorded } from '../helpers/history.ts';
import { until } from '../helpers/wait.ts';
import { edgeAt, type Plane } from '../local/harness.ts';
import { askUpgrade } from './upgrades.ts';

/** An attempt that got no answer for so long is given up. */
export const GIVEN_UP_MS = 10_000;

/**
 * Longest time from the end of a connection, as its client sees it, until the picker hears of it by the edge and the pod.
 * A few milliseconds, where nobody else wants the processors.
 */
export const TELLING_MS = 500;

/** As long as the picker has it. */
const HAND_OUT_MS = 2000;

/** A close frame with code 1000, masked by zeros. */
const closeFrame = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);

/** What a client has seen of an attempt so far. */
interface Seen {
  readonly id: number;
  readonly edge: number;
  readonly invokedAt: number;
  answeredAt: number;
  /** 0: no answer. */
  status: number;
  refusal: string | undefined;
  closingAt: number;
  closedAt: number;
}

/** A connection that was admitted. */
export interface Held {
  readonly seen: Readonly<Seen>;
  /** Ends it, with the closing handshake or without a word; resolves when the client sees the end. */
  close(how: 'handshake' | 'cut'): Promise<void>;
}

/** Makes attempts, and keeps what their clients see and what the edges' access logs say about them. */
export class Recorder {
  readonly #plane: Plane;
  readonly #seen: Seen[] = [];
  /** How each attempt went, by its number, and the pod that was asked last. */
  readonly #ways: ({ way: NonNullable<Recorded['way']>; pod: string } | undefined)[] = [];
  readonly #open = new Set<Held>();

  constructor(plane: Plane) {
    this.#plane = plane;
    onTestFinished(() => {
      for (const held of this.#open) void held.close('cut');
    });
  }

  /** Attempts so far. */
  get count(): number {
    return this.#seen.length;
  }

  /** Connections that are open now. */
  get open(): readonly Held[] {
    return [...this.#open];
  }

  /** Tries to open a connection by an edge; undefined where it is not admitted. Never throws. */
  async attempt(edge: number): Promise<Held | undefined> {
    const id = this.#seen.length;
    const invokedAt = performance.now();
    const seen: Seen = {
      ...{ id, edge, invokedAt, answeredAt: Number.POSITIVE_INFINITY, status: 0, refusal: undefined },
      ...{ closingAt: Number.POSITIVE_INFINITY, closedAt: Number.POSITIVE_INFINITY },
    };
    this.#seen.push(seen);
    const { ingress } = edgeAt(this.#plane, edge);
    const { status, refusal, socket } = await askUpgrade(ingress, `/${id}`, GIVEN_UP_MS);
    seen.answeredAt = performance.now();
    seen.status = status;
    seen.refusal = refusal;
    return socket && this.#hold(seen, socket);
  }

  #hold(seen: Seen, socket: Socket): Held {
    socket.resume();
    const closed = new Promise<void>((resolve) => {
      socket.once('close', () => {
        seen.closedAt = performance.now();
        // Ended by the other side: nobody knows since when.
        if (this.#open.delete(held)) seen.closingAt = seen.answeredAt;
        resolve();
      });
    });
    const held: Held = {
      seen,
      close: (how) => {
        if (this.#open.delete(held)) {
          seen.closingAt = performance.now();
          if (how === 'handshake') socket.write(closeFrame);
          else socket.destroy();
        }
        return closed;
      },
    };
    this.#open.add(held);
    return held;
  }

  /** Reads what the access logs have so far, and frees their memory. */
  readLog(): void {
    for (const { path, code, flags, route, upstream } of this.#plane.accessLog.splice(0)) {
      const id = Number(path?.slice(1));
      // An admission has a second line, at its end.
      if (this.#ways[id] || code === 0) continue;
      const way = flags.includes('UAEX') ? 'picker' : route === 'picked' ? 'picked' : 'upgrade';
      this.#ways[id] = { way, pod: upstream?.replace(/:\d+$/, '') ?? '' };
    }
  }

  /**
   * All that happened, once all attempts have been answered and are in the access logs.
   *
   * @param perSecond what the picker is promised to admit
   */
  async history(perSecond: number, faults: NonNullable<History['faults']> = []): Promise<History> {
    const attempts = await this.#recorded();
    // While an edge goes on without the picker, which did not answer in time, it is as during a fault.
    const without = attempts
      .filter(({ way }) => way === 'upgrade')
      .map(({ invokedAt, answeredAt }) => ({
        from: invokedAt,
        to: answeredAt + 1000 / perSecond + TELLING_MS,
      }));
    const { connectionsPerPod } = this.#plane.limits;
    return {
      ...{ attempts, perSecond, tellingMs: TELLING_MS, handOutMs: HAND_OUT_MS },
      faults: [...faults, ...without],
      limits: Object.fromEntries(this.#plane.places.pods.map(({ address }) => [address, connectionsPerPod])),
    };
  }

  async #recorded(): Promise<Recorded[]> {
    const isMissing = ({ id, status, answeredAt }: Seen) =>
      answeredAt === Number.POSITIVE_INFINITY || (status !== 0 && !this.#ways[id]);
    await until(
      () => {
        this.readLog();
        return !this.#seen.some(isMissing);
      },
      () => `${this.#seen.filter(isMissing).length} of ${this.count} attempts are missing in the access logs`,
    );
    return this.#seen.map((seen) => {
      const { way, pod = '' } = this.#ways[seen.id] ?? {};
      const { invokedAt, answeredAt, edge } = seen;
      return { ...{ invokedAt, answeredAt, edge }, ...(way && { way }), answer: answerOf(seen, pod) };
    });
  }
}

function answerOf({ status, refusal, closingAt, closedAt }: Seen, pod: string): Recorded['answer'] {
  if (status === 101) return { admittedBy: pod, closingAt, closedAt };
  if (status === 429) return { refused: 'rate' };
  return { refused: refusal === 'full' || refusal === 'draining' ? refusal : 'other' };
}

/** Clients that come and go, by all edges, and try again at once: until so many attempts were made, and so long at least. */
export async function churn(
  recorder: Recorder,
  load: { until: number; seconds: number; clients: number; heldMs: number; edges: number },
): Promise<void> {
  const endAt = performance.now() + load.seconds * 1000;
  const client = async () => {
    while (recorder.count < load.until || performance.now() < endAt) {
      const held = await recorder.attempt(Math.floor(Math.random() * load.edges));
      if (!held) continue;
      await sleep(Math.random() * load.heldMs);
      await held.close(Math.random() < 0.5 ? 'handshake' : 'cut');
    }
  };
  await Promise.all(Array.from({ length: load.clients }, client));
}

/** Attempts by all edges in turn until so many connections are open. */
export async function fill(recorder: Recorder, slots: number, edges: number): Promise<void> {
  for (let n = 0; recorder.open.length < slots; n++) {
    await recorder.attempt(n % edges);
    await sleep(10);
  }
}

/** Closes all connections that are open. */
export async function empty(recorder: Recorder): Promise<void> {
  await Promise.all(recorder.open.map((held) => held.close('handshake')));
}
