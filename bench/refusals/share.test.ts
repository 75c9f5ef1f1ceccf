import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { share } from './share.ts';

const size = { millicores: 100, bytes: 64_000_000 };

test('a run that is interrupted leaves no control group, whatever is in it', async ({ skip }) => {
  const possible = share('possible', size);
  skip(!possible, 'this user may not make a control group');
  possible?.remove();
  const script = `
    import { spawn } from 'node:child_process';
    import { share } from ${JSON.stringify(import.meta.resolve('./share.ts'))};
    import { workplace } from ${JSON.stringify(import.meta.resolve('../workplace.ts'))};
    const { reaper } = await workplace('share');
    const group = share('test', ${JSON.stringify(size)});
    const held = spawn('sleep', ['60']);
    reaper.watch(held.pid);
    group.hold(held.pid);
    console.log('held');
    setInterval(() => {}, 1000);`;
  const run = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void run.kill('SIGKILL'));
  await once(run.stdout, 'data');
  const group = ['', '/cpu', '/memory'].map((of) => `/sys/fs/cgroup${of}/bench-${run.pid}-test`);
  expect(group.filter((folder) => existsSync(folder))).not.toEqual([]);
  run.kill('SIGINT');
  expect(await once(run, 'exit')).toEqual([130, null]);
  expect(group.filter((folder) => existsSync(folder))).toEqual([]);
});
