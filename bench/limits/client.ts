import { Worker } from 'node:worker_threads';

/** A WebSocket upgrade to try. */
export interface Attempt {
  url: string;
  /** When, in milliseconds after the plan began. */
  at: number;
}

/** What became of an attempt. */
export interface Outcome {
  /** Of the answer; `closed`: the connection ended without one, `hung`: none came in time. */
  status: number | 'closed' | 'hung';
  /** When it began, in milliseconds after the plan did. */
  at: number;
  /** Until it was answered. */
  milliseconds: number;
}

interface Answer {
  id: number;
  outcomes?: Outcome[];
}

/** Tries upgrades from a thread of its own. */
export class Client implements AsyncDisposable {
  readonly #worker = new Worker(new URL('./load.ts', import.meta.url));
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #plans = 0;

  constructor() {
    this.#worker.on('message', (answer: Answer) => this.#waiting.get(answer.id)?.(answer));
  }

  /** Tries all, each at its time, and holds what opens until `close`. */
  async attempt(plan: readonly Attempt[]): Promise<{ outcomes: Outcome[]; close(): Promise<unknown> }> {
    const id = this.#plans++;
    const { outcomes = [] } = await this.#ask({ id, plan });
    return { outcomes, close: () => this.#ask({ id }) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }

  #ask(question: { id: number; plan?: readonly Attempt[] }): Promise<Answer> {
    return new Promise((resolve) => {
      this.#waiting.set(question.id, resolve);
      this.#worker.postMessage(question);
    });
  }
}

/** All at once, through the proxies in turn. */
export function atOnce(urls: readonly string[], count: number): Attempt[] {
  return Array.from({ length: count }, (_, i) => ({ url: urls[i % urls.length] ?? '', at: 0 }));
}
