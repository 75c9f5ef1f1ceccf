import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunState } from '@envoy-poc/cli/start';
import { expect, test } from 'vitest';
import { until } from '../helpers/wait.ts';
import { expectNothingLeft, npmStart, stateOnceUp } from './npm-start.ts';

test('malformed upgrades are no admissions; a frozen pod and edge are named, and nothing about them holds', async (context) => {
  const size = [
    '--server-replicas',
    '2',
    '--edge-replicas',
    '2',
    '--client-replicas',
    '4',
    '--connections-per-client',
    '2',
  ];
  const run = await npmStart(context, [...size, '--attempt-interval-seconds', '0.5', '--for', '25']);
  const state = await stateOnceUp(run);
  const now = async () => (await (await fetch(`${state.console}/api/state`)).json()) as RunState;

  const before = await now();
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
  for (let n = 0; n < 60; n++) {
    const request = get(`http://${state.edges[0]?.ingress}`, { path: '/a%00', headers: upgrade });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(400);
    response.destroy();
  }
  await until(
    async () => (await now()).refusals.client >= before.refusals.client + 60,
    () => 'all of them are in the access log',
  );
  expect((await now()).admissions.total).toBeLessThan(60);

  for (const { pid } of [state.pods[1], state.edges[1]].filter((one) => one !== undefined)) {
    process.kill(pid, 'SIGSTOP');
    // Whatever becomes of this test, nobody stays frozen.
    context.onTestFinished(() => {
      try {
        process.kill(pid, 'SIGCONT');
      } catch {
        // It has ended.
      }
    });
  }
  await sleep(100);
  expect(await run.ended, run.output()).toBe(1);
  const verdict = (promise: string) =>
    new RegExp(`^. ${promise}.*\\n +expected .*\\n +observed (.*)(?:\\n +unseen +(.*))?`, 'm').exec(
      run.output(),
    );
  expect(verdict('no pod is ever over')?.[2], run.output()).toMatch(/^pod-2 has not answered for \d+ s$/);
  expect(verdict('every free slot')?.[2]).toMatch(/^pod-2 has not answered/);
  expect(verdict('admissions stay within')?.[2]).toMatch(/^edge-2 has not answered for \d+ s$/);
  expect(verdict('every refusal is immediate')?.[0]).toMatch(
    /^✗ .*\n.*\n.* \d+ without any answer \(edge-2 \d+\)/,
  );
  expect(run.output()).not.toMatch(/TimeoutError|DOMException/);
  await expectNothingLeft(run, state);
});
