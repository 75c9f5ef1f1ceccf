import { memoryLog } from '@envoy-poc/env/testing';
import { onTestFinished } from 'vitest';
import { type ClientConfig, startClient } from '../index.ts';

/** A client that ends with the test, and what it logged. */
export async function runClient(config: ClientConfig, random?: () => number) {
  const { logger, logged } = memoryLog();
  const client = await startClient(
    { host: '127.0.0.1', metricsPort: 0, name: 'client-1', ...config },
    { logger, ...(random && { random }) },
  );
  onTestFinished(() => client.close());
  return { client, logged, http: `http://127.0.0.1:${client.metricsPort}` };
}
