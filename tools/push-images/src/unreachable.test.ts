import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { startEcrDouble } from '@envoy-poc/doubles/ecr';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ecrClient } from './ecr/client.ts';
import { registryToken } from './ecr/token.ts';
import { temporaryWorkspace, testCredentials } from './testing/workspace.ts';
import { waitingFor } from './waiting.ts';

beforeEach(() => {
  for (const [name, value] of Object.entries(testCredentials)) vi.stubEnv(name, value);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const repository = '123456789012.dkr.ecr.us-east-1.amazonaws.com/app';
const digest = `sha256:${'0'.repeat(64)}`;

/** A place of this machine where nothing listens. */
const nowhere = await (async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
})();

/** How often a run said that it tries again. */
const triesIn = (stderr: string) => stderr.match(/trying again: \d of \d/g);

test('a registry of the base that is not there: three tries, each said, and how a base becomes a folder', async () => {
  await using workspace = await temporaryWorkspace();
  vi.stubEnv('XDG_CACHE_HOME', workspace.path);
  const run = await workspace.run([
    '--no-build',
    '--base',
    `${nowhere}/team/node:24@${digest}`,
    '--output',
    'oci:out',
  ]);
  expect(run).toMatchObject({ code: 1, stdout: '' });
  expect(triesIn(run.stderr)).toEqual(['trying again: 2 of 3', 'trying again: 3 of 3']);
  expect(run.stderr).toContain(
    `${nowhere} cannot be reached, tried 3 times; last: connect ECONNREFUSED ${nowhere}`,
  );
  expect(run.stderr).toContain(`skopeo copy --all docker://${nowhere}/team/node@${digest} oci:base\n`);
  expect(run.stderr).toContain('npx envoy-poc push --base oci:base\n');
});

test('an ECR API that is not there: three tries, each said, and how to do without', async () => {
  await using workspace = await temporaryWorkspace();
  const where = ['--repository', repository, '--endpoint', `http://${nowhere}`, '--app', 'ws-server'];
  const run = await workspace.run(['--no-build', '--base', workspace.base, ...where]);
  expect(run).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('--output oci:DIR') });
  expect(new Set(triesIn(run.stderr))).toEqual(new Set(['trying again: 2 of 3', 'trying again: 3 of 3']));
});

test('an ECR API that has answered and goes away is asked more often', async () => {
  const notes: string[] = [];
  const double = await startEcrDouble();
  const progress = { note: (text: string) => void notes.push(text) };
  const client = ecrClient('us-east-1', { endpoint: double.endpoint, maxAttempts: 5, progress });
  await registryToken(client);
  await double[Symbol.asyncDispose]();
  await expect(registryToken(client)).rejects.toMatchObject({ $metadata: { attempts: 5 } });
  // The first may find its kept connection cut, which is another fault.
  expect(triesIn(notes.join())?.slice(-3)).toEqual([3, 4, 5].map((n) => `trying again: ${n} of 5`));
});

test('a registry that takes requests and answers none: it is said what is waited for', async () => {
  await using workspace = await temporaryWorkspace();
  vi.stubEnv('XDG_CACHE_HOME', workspace.path);
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const child = await workspace.start([
    '--no-build',
    '--base',
    `${host}/node@${digest}`,
    '--output',
    'oci:out',
  ]);
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  await vi.waitFor(() => expect(stderr).toContain(`waiting for ${host}, 1 s so far`), { timeout: 50_000 });
  child.kill('SIGINT');
  await vi.waitFor(() => expect(child.exitCode).toBe(130), { timeout: 50_000 });
  for (const socket of sockets) socket.destroy();
  server.close();
});

test('what is quick is waited for in silence', async () => {
  const note = vi.fn();
  expect(await waitingFor('it', { note }, Promise.resolve(1))).toBe(1);
  expect(note).not.toHaveBeenCalled();
});
