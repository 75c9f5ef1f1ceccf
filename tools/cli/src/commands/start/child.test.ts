import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { Child } from './child.ts';
import { ChildError } from './errors.ts';

function script(code: string): Child {
  const child = new Child({ name: 'child', program: process.execPath, args: ['-e', code] });
  onTestFinished(() => child.stop(1));
  return child;
}

test('a child that ends while it is waited for is an error at once, with its last lines', async () => {
  const child = script(`console.log('almost'); console.error('no such file'); process.exit(3)`);
  const waiting = child.until(async () => false, 60);
  await expect(waiting).rejects.toThrow(ChildError);
  await expect(waiting).rejects.toThrow(/child \(pid \d+\) exited with 3; its last lines:.*no such file/s);
});

test('one that is not ready in time is an error too', async () => {
  const child = script('setTimeout(() => {}, 60_000)');
  await expect(child.until(async () => false, 0.2)).rejects.toThrow(/was not ready after 0\.2 s/);
});

test('nor does one whose readiness is never answered hold up its deadline', async () => {
  const child = script('setTimeout(() => {}, 60_000)');
  await expect(child.until(() => new Promise(() => {}), 0.2)).rejects.toThrow(/was not ready after 0\.2 s/);
});

test('a program that is not there is named', async () => {
  const child = new Child({ name: 'child', program: '/nowhere/envoy', args: [] });
  expect(await child.ended).toMatch(/could not be started: .*ENOENT/);
});

test('one that ignores SIGTERM is killed when its grace is over', async () => {
  const child = script(`process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)`);
  await sleep(500);
  await child.stop(0.3);
  expect(child.running).toBe(false);
  expect(await child.ended).toMatch(/was killed by SIG(KILL|TERM)/);
});

test('a death is told unless it was meant', async () => {
  const deaths: string[] = [];
  const onDeath = ({ message }: ChildError) => deaths.push(message);
  const start = (name: string, args: string[]) => new Child({ name, program: 'sleep', args, onDeath });
  const [meant, stopped, own] = [start('meant', ['60']), start('stopped', ['60']), start('own', ['0'])];
  meant.kill('SIGKILL');
  await Promise.all([meant.ended, stopped.stop(5), own.ended]);
  expect(deaths).toEqual([expect.stringMatching(/^own \(pid \d+\) exited with 0/)]);
});

test('one that is paused ends as well, and in its own way', async () => {
  const child = new Child({ name: 'child', program: 'sleep', args: ['60'] });
  child.kill('SIGSTOP');
  expect(child.paused).toBe(true);
  await child.stop(60);
  expect(await child.ended).toBe('was killed by SIGTERM');
  expect(child.paused).toBe(false);
});
