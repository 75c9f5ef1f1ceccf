import type { ChildProcess } from 'node:child_process';

/**
 * Waits until a child has ended in its own way. An interrupt reaches it by the terminal; a SIGTERM to this process alone
 * is handed on.
 *
 * @throws what kept it from starting
 */
export async function waitFor(
  child: ChildProcess,
): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  const wait = () => {};
  process.on('SIGINT', wait);
  process.on('SIGTERM', pass);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
  } finally {
    process.off('SIGINT', wait);
    process.off('SIGTERM', pass);
  }
}
