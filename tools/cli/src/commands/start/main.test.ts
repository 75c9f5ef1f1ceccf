import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('../../../bin/envoy-poc.mjs', import.meta.url));

/** Runs the tool, which must end before it has started anything. */
async function refused(words: string[], env: Record<string, string> = {}) {
  const { PATH } = process.env;
  const failed = await promisify(execFile)(process.execPath, [main, 'start', ...words], {
    env: { PATH, ...env },
  }).catch((error: { code: number; stdout: string; stderr: string }) => error);
  return { code: 'code' in failed ? failed.code : 0, stdout: failed.stdout, stderr: failed.stderr };
}

test('limits that no edge can keep are told in words, before anything starts: exit 2', async () => {
  const { code, stdout, stderr } = await refused(['--new-connections-per-second', '1e-7']);
  expect(stderr).toMatch(
    /^--new-connections-per-second 1e-7: each of 3 edges would admit one in .*or more$/m,
  );
  expect(stderr).not.toMatch(/\n +at /);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});

test('LOCAL_NETWORK that is no network is refused, and no folder is made of it: exit 2', async () => {
  const { code, stderr } = await refused(['--for', '1'], { LOCAL_NETWORK: '../../elsewhere' });
  expect(stderr).toContain('LOCAL_NETWORK=../../elsewhere is not two numbers');
  expect(code).toBe(2);
});
