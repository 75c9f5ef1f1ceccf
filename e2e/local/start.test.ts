import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { get, type IncomingMessage, type RequestOptions } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunReport, RunState } from '@envoy-poc/cli/start';
import { defaultDemand, defaultLimits } from '@envoy-poc/edge';
import { describe, test } from 'vitest';
import { expectNothingLeft, npmStart, stateOnceUp } from './npm-start.ts';

const other = { serverReplicas: 5, connectionsPerPod: 3, edgeReplicas: 2 };
const figures =
  '--server-replicas 5 --connections-per-pod 3 --edge-replicas 2 --new-connections-per-second 2';

describe.concurrent.each([
  // More attempts than the rate allows: one of them comes soon after each second is over.
  { args: ' --admission exact --attempt-interval-seconds 2', ...defaultLimits, pickers: 2 },
  { args: ` --admission shared ${figures}`, ...other, pickers: 0 },
])('npm start -- --for 40$args', ({ args, serverReplicas, connectionsPerPod, edgeReplicas, pickers }) => {
  // Verdicts on times are the tool's promise for a machine that has time; a busy one gets another try.
  test('all verdicts hold, and the report says so', { retry: 2 }, async (context) => {
    const { expect, onTestFinished } = context;
    const folder = await mkdtemp(join(tmpdir(), 'report-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'r.json');
    const run = await npmStart(context, [
      '--for',
      '40',
      '--report',
      file,
      ...args.split(' ').filter(Boolean),
    ]);
    const state = await stateOnceUp(run);
    expect(state.pods).toHaveLength(serverReplicas);
    expect(state.edges).toHaveLength(edgeReplicas);
    expect(state.clients).toHaveLength(defaultDemand.clientReplicas);
    expect(state.pickers).toHaveLength(pickers);

    const live = (await (await fetch(`${state.console}/api/state`)).json()) as RunState;
    expect(live.slots.capacity).toBe(serverReplicas * connectionsPerPod);
    expect(await firstEvents(`${state.console}/api/events`)).toMatch(/^event: view\nretry: \d+\ndata: \{/);
    expect(await askFromOutside(`ws://${state.edges[0]?.ingress}/any/path`)).toMatch(
      /^(refused|\{"timestamp":".+","podIp":".+"\})$/,
    );

    // What any web page can send, and what one of another site must not get.
    expect(await statusOf(`${state.console}/`, { path: '//' })).toBe(400);
    const metrics = [...state.pods, ...state.pickers].map(({ address }) => `http://${address}/metrics`);
    for (const url of [`${state.console}/api/state`, ...metrics]) {
      expect(await statusOf(url, { headers: { host: 'rebound.example' } })).toBe(403);
      expect(await statusOf(url, { headers: { origin: 'https://other.example' } })).toBe(403);
    }
    const fromAPage = { origin: 'https://other.example', connection: 'Upgrade', upgrade: 'websocket' };
    expect(await statusOf(`http://${state.pods[0]?.address}/`, { headers: fromAPage })).toBe(403);

    expect(await run.ended, run.output()).toBe(0);
    const report: RunReport = JSON.parse(await readFile(file, 'utf8'));
    const ofPickers = pickers > 0 ? ['allowed', 'full'] : [];
    expect(report.state.verdicts.map(({ name, status }) => `${name} ${status}`)).toEqual(
      ['limit', 'rate', ...ofPickers, 'slots', 'replies', 'refusals', 'logs'].map((name) => `${name} holds`),
    );
    if (pickers > 0) {
      const { picker } = report.state;
      expect(picker?.byShare.total, run.output()).toBe(0);
      expect(picker?.picked.smallestGap?.most).toBeGreaterThanOrEqual(1000);
      for (const refusals of [picker?.rate, picker?.full]) expect(refusals?.judged).toBeGreaterThan(0);
      const slots = report.state.verdicts.find(({ name }) => name === 'slots');
      const seconds = Number(/first after (\d+) s/.exec(slots?.observed ?? '')?.[1]);
      expect(seconds, slots?.observed).toBeLessThanOrEqual(15);
    }
    expect(report.state.pods.map(({ highWater }) => highWater)).toEqual(
      Array(serverReplicas).fill(connectionsPerPod),
    );
    expect(run.output()).toMatch(/open {5}client-\d+ → edge-\d → pod-\d/);
    expect(run.output()).not.toContain('\u001b[');
    await expectNothingLeft(run, state);
  });
});

/** A client that is not ours: the WebSocket of Node itself. */
async function askFromOutside(url: string): Promise<string> {
  const socket = new WebSocket(url);
  const outcome = await new Promise<string>((resolve) => {
    socket.onopen = () => socket.send('hello');
    socket.onmessage = (message) => resolve(String(message.data));
    socket.onerror = () => resolve('refused');
  });
  socket.close();
  return outcome;
}

/** The status of a request exactly as it is written. */
async function statusOf(url: string, options: RequestOptions): Promise<number | undefined> {
  const [response] = (await once(get(url, options), 'response')) as [IncomingMessage];
  response.destroy();
  return response.statusCode;
}

async function firstEvents(url: string): Promise<string> {
  const response = await fetch(url);
  const reader = response.body?.getReader();
  const chunk = await reader?.read();
  await reader?.cancel();
  return new TextDecoder().decode(chunk?.value);
}
