import { memoryLog } from '@envoy-poc/env/testing';
import { onTestFinished } from 'vitest';
import { type ServerConfig, startServer } from '../index.ts';

/** A server on a free port of 127.0.0.1 that ends with the test, and what it logged. */
export async function serve(config: Partial<ServerConfig> = {}, deps: { random?: () => number } = {}) {
  const { logger, logged } = memoryLog();
  const server = await startServer(
    { host: '127.0.0.1', port: 0, podIp: '10.1.2.3', edgeIntervalSeconds: 0.1, ...config },
    { logger, ...deps },
  );
  onTestFinished(() => server.close());
  const http = `http://127.0.0.1:${server.port}`;
  return {
    server,
    http,
    ws: `ws://127.0.0.1:${server.port}`,
    logged,
    metric: async (name: string) => {
      const text = await (await fetch(`${http}/metrics`)).text();
      const line = text.split('\n').find((row) => row.startsWith(`${name} `));
      return line === undefined ? undefined : Number(line.slice(name.length));
    },
  };
}
