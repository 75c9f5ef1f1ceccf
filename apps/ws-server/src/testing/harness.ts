import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { type ServerConfig, startServer } from '../index.ts';

export type LogLine = Record<string, unknown> & { event: string };

/** A server on a free port of 127.0.0.1 that ends with the test, and the lines it logged. */
export async function serve(config: Partial<ServerConfig> = {}) {
  const lines: LogLine[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const server = await startServer({ host: '127.0.0.1', port: 0, podIp: '10.1.2.3', ...config }, { logger });
  onTestFinished(() => server.close());
  const http = `http://127.0.0.1:${server.port}`;
  return {
    server,
    http,
    ws: `ws://127.0.0.1:${server.port}`,
    logged: (event: string) => lines.filter((line) => line.event === event),
    metric: async (name: string) => {
      const text = await (await fetch(`${http}/metrics`)).text();
      const line = text.split('\n').find((row) => row.startsWith(`${name} `));
      return line === undefined ? undefined : Number(line.slice(name.length));
    },
  };
}

/** Waits until `condition` holds; fails by name after ten seconds. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within 10 s: ${what}`);
    await sleep(5);
  }
}
