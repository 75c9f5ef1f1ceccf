import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { pulumi } from './pulumi.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const grpcPath = createRequire(import.meta.url).resolve('@grpc/grpc-js');

/** As a program of Pulumi's does: connects to the engine, which is on this machine. */
const program = (port: number) => `#!${process.execPath}
const { Client, credentials } = require(${JSON.stringify(grpcPath)});
const engine = new Client('127.0.0.1:${port}', credentials.createInsecure());
engine.waitForReady(Date.now() + 10_000, (error) => {
  console.log(error ? String(error) : 'connected');
  process.exit(error ? 1 : 0);
});
`;

test.each(['https_proxy', 'http_proxy', 'HTTPS_PROXY'])(
  'with %s, a program still reaches the engine on this machine',
  async (name) => {
    const { Server, ServerCredentials } = await import('@grpc/grpc-js');
    const engine = new Server();
    const port = await new Promise<number>((resolve, reject) => {
      engine.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    const bin = await mkdtemp(join(tmpdir(), 'stack-pulumi-'));
    try {
      await writeFile(join(bin, 'pulumi'), program(port), { mode: 0o755 });
      vi.stubEnv('PATH', `${bin}${delimiter}${process.env.PATH}`);
      vi.stubEnv(name, 'http://127.0.0.1:9');
      const result = await pulumi(['preview'], { cwd: bin, show: false });
      expect(result).toMatchObject({ code: 0, output: 'connected\n' });
    } finally {
      engine.forceShutdown();
      await rm(bin, { recursive: true });
    }
  },
);
