import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from '@envoy-poc/cli/start';
import { cpuShare } from '@envoy-poc/testing';
import { exchange, open, textFrame } from './connections.ts';
import { processorNanoseconds } from './process.ts';

/** From the start of a process to its first reply. */
export interface StartTime {
  /** With `millicores` of a processor. */
  milliseconds: number;
  /** Milliseconds of processor time until then. */
  processorMilliseconds: number;
}

/** Starts a server with a bound on its processor time, and asks until it replies. */
export async function measureStart(start: () => Child, host: string, millicores: number): Promise<StartTime> {
  const share = cpuShare(millicores);
  const began = performance.now();
  const child = start();
  try {
    share?.hold(child.pid);
    const message = textFrame('a message of thirty-two bytes ..');
    await child.until(async () => {
      const socket = await open(host);
      await exchange(socket, message);
      return Boolean(socket.destroy());
    }, 60);
    const milliseconds = performance.now() - began;
    const processorMilliseconds = processorNanoseconds(child.pid) / 1e6;
    return {
      milliseconds: share ? milliseconds : (processorMilliseconds * 1000) / millicores,
      processorMilliseconds,
    };
  } finally {
    child.kill('SIGKILL');
    await child.ended;
    // The kernel lets go of the process a moment later.
    await sleep(20);
    share?.remove();
  }
}
