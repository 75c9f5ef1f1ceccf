import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const program = join(import.meta.dirname, '../../tools/cli/bin/envoy-poc.mjs');

/** Runs a verb by a shell, which says where its output goes. */
function run(command: string): Promise<{ code: number | null; stderr: string }> {
  const child = spawn('sh', ['-c', command], {
    env: { ...process.env, P: `${process.execPath} ${program}` },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdout.resume();
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stderr })));
}

test('a reader that has gone is no fault', async () => {
  const { stderr } = await run('$P doctor --offline --stack nowhere | true');
  expect(stderr).not.toMatch(/EPIPE|^\s+at /m);
});

test.runIf(existsSync('/dev/full'))('a full disk is told in a sentence', async () => {
  const { code, stderr } = await run('$P doctor --offline --stack nowhere > /dev/full');
  expect(stderr).toMatch(/^envoy-poc: what it prints cannot be written: ENOSPC.*\n$/);
  expect(code).toBe(1);
});
