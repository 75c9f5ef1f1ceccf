import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { mostAdmissionsInOneSecond } from '@envoy-poc/edge';
import { CheckError } from '#runtime';
import type { RunState, StateFile, Verdict } from '../../start/index.ts';
import { openUpgrades, serverGauges } from './metrics.ts';
import type { ObservedPlatform, PodState } from './platform.ts';

/** One answer of a process of this machine, in milliseconds. */
const answerTimeout = 5000;

/**
 * The local run that `npm start` began.
 *
 * @throws {CheckError} when there is none
 */
export async function localPlane(root: string, env: NodeJS.ProcessEnv): Promise<ObservedPlatform> {
  return planeOf(await readLocalRun(root, env));
}

/** What the local run that goes on says of itself. @throws {CheckError} when there is none */
export async function readLocalRun(root: string, env: NodeJS.ProcessEnv): Promise<StateFile> {
  const file = join(root, '.local', env.LOCAL_NETWORK ?? '', 'state.json');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) throw new CheckError('no local run is up', 'npm start, in another terminal');
  const state = JSON.parse(text) as StateFile;
  if (!(await answers(`${state.console}/api/state`))) {
    throw new CheckError(
      `a local run left ${file}, and its console ${state.console} does not answer`,
      `rm ${file} && npm start`,
    );
  }
  return state;
}

function planeOf(state: StateFile): ObservedPlatform {
  const current = () => get<RunState>(`${state.console}/api/state`);
  const verdict = async (name: Verdict['name']) => {
    const found = (await current()).verdicts.find((one) => one.name === name);
    return found?.status === 'broken'
      ? [`${found.promise}: expected ${found.expected}, observed ${found.observed}`]
      : [];
  };
  const process = (name: string, pid: number, ip: string | undefined, problem?: string): PodState => ({
    name,
    ip,
    problem: isAlive(pid) ? problem : `process ${pid} is gone`,
    restarts: 0,
    ageSeconds: undefined,
  });
  const servers = state.pods.map(({ address, pid }, i) => ({ name: `pod-${i + 1}`, address, pid }));
  const pickers = state.pickers.map((picker, i) => ({ name: `picker-${i + 1}`, ...picker }));
  const edges = state.edges.map((edge, i) => ({ name: `edge-${i + 1}`, ...edge }));

  return {
    way: async () => edges[0] && { url: `ws://${edges[0].ingress}/`, through: edges[0].name },
    promised: async () => ({
      replicas: {
        ...{ server: servers.length, edge: edges.length, client: state.clients.length },
        ...(pickers.length > 0 && { picker: pickers.length }),
      },
      admission: state.limits.admission,
      mostInOneSecond: mostAdmissionsInOneSecond(state.limits),
    }),
    async pods(workload) {
      switch (workload) {
        case 'server':
          return Promise.all(
            servers.map(async ({ name, address, pid }) =>
              process(name, pid, address.split(':')[0], await healthProblem(`http://${address}/healthz`)),
            ),
          );
        case 'edge':
          return Promise.all(
            edges.map(async ({ name, ingress, stats, pid }) =>
              process(name, pid, ingress.split(':')[0], await healthProblem(`http://${stats}/ready`)),
            ),
          );
        case 'client':
          return state.clients.map(({ pid }, i) => process(`client-${i + 1}`, pid, undefined));
        case 'picker':
          return Promise.all(
            pickers.map(async ({ name, address, pid }) =>
              process(name, pid, address.split(':')[0], await healthProblem(`http://${address}/healthz`)),
            ),
          );
      }
    },
    gauges: () =>
      Promise.all(
        servers.map(async ({ name, address }) => ({
          name,
          ...serverGauges(await getText(`http://${address}/metrics`, name)),
        })),
      ),
    openAtEdges: () =>
      Promise.all(
        edges.map(async ({ name, stats }) => ({
          name,
          open: openUpgrades(await getText(`http://${stats}/stats/prometheus`, name)),
        })),
      ),
    async exchanges(seconds, signal) {
      const before = (await current()).replies.total;
      const until = performance.now() + seconds * 1000;
      for (;;) {
        const replies = (await current()).replies.total - before;
        const wrong = await verdict('replies');
        if (replies > 0 || wrong.length > 0 || performance.now() > until) return { replies, wrong };
        await sleep(500, undefined, { signal });
      }
    },
    async logged() {
      const { admissions, refusals, logged } = await current();
      const { rate: refusedByRate, full: refusedFull } = refusals;
      const { opened } = admissions;
      const odd = (await Promise.all((['limit', 'rate', 'refusals', 'logs'] as const).map(verdict))).flat();
      if (logged.found === 0) odd.push('nothing a client saw was found in an access log yet');
      return { opened, refusedByRate, refusedFull, odd };
    },
    async admissions() {
      const names: Verdict['name'][] = ['rate', 'allowed', 'full'];
      return (await current()).verdicts.filter(({ name }) => names.includes(name));
    },
    close: async () => {},
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function healthProblem(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(answerTimeout) });
    // Left unread, it would fail when the time is over, where nobody expects it.
    await response.arrayBuffer();
    return response.ok ? undefined : `${url} answers ${response.status}`;
  } catch {
    return `${url} does not answer`;
  }
}

const answers = async (url: string) => (await healthProblem(url)) === undefined;

async function getText(url: string, name = url): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(answerTimeout) });
    // Who freezes may do so in the middle of an answer.
    const text = await response.text();
    if (response.ok) return text;
    throw unusable(url, name, `answers ${response.status}`);
  } catch (error) {
    throw error instanceof CheckError ? error : unusable(url, name, 'does not answer');
  }
}

function unusable(url: string, name: string, how: string): CheckError {
  const who = name === url ? url : `${name} (${url})`;
  return new CheckError(`${who} ${how}`, 'look at what npm start printed last');
}

const get = async <T>(url: string): Promise<T> => JSON.parse(await getText(url)) as T;
