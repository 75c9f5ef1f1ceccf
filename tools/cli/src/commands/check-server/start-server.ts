import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { defaultLimits } from '@envoy-poc/edge';
import { freePort } from '@envoy-poc/env/listen';
import { ports } from '@envoy-poc/layers/workloads';
import { CheckError, type CommandContext, type RunTool } from '#runtime';
import { ask } from './client.ts';
import type { StartedServer } from './context.ts';
import { listenToReports } from './report-listener.ts';

/** So long the startup probe waits. */
const START_SECONDS = 60;
const DRAIN_SECONDS = 2;

/** What the Deployment tells a server (projects/workloads), with times that suit somebody who waits. */
export function environment(connections: number, pingIntervalSeconds: number): Record<string, string> {
  return {
    CONNECTIONS_PER_POD: String(connections),
    PING_INTERVAL_SECONDS: String(pingIntervalSeconds),
    MESSAGES_PER_SECOND_PER_CONNECTION: String(defaultLimits.messagesPerSecondPerConnection),
    BYTES_PER_SECOND_PER_CONNECTION: String(defaultLimits.bytesPerSecondPerConnection),
    SERVER_DRAIN_SECONDS: String(DRAIN_SECONDS),
  };
}

/**
 * Starts a server by a command line, and waits until it answers.
 *
 * @throws {CheckError} when it ends, or does not answer
 */
export async function startCommand(
  command: string,
  variables: Record<string, string>,
  { env, signal }: CommandContext,
): Promise<StartedServer> {
  const [port, edgeReadyPort] = [await freePort(), await freePort()];
  const listener = await listenToReports();
  const own = {
    PORT: String(port),
    POD_IP: '127.0.0.1',
    EDGE_READY_PORT: String(edgeReadyPort),
    PICKERS: listener.place,
  };
  const child = spawn('sh', ['-c', `exec ${command}`], {
    env: { ...env, ...variables, ...own },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = lastLines();
  for (const stream of [child.stdout, child.stderr]) stream.on('data', output.add);
  const exited = once(child, 'exit');
  const server: StartedServer = {
    url: new URL(`ws://127.0.0.1:${port}/`),
    drainSeconds: DRAIN_SECONDS,
    edgeReadyPort,
    listener,
    exited,
    terminate: async () => void child.kill('SIGTERM'),
    async remove() {
      child.kill('SIGKILL');
      await exited;
      listener.close();
    },
  };
  return untilItAnswers(server, command, async () => output.text(), signal);
}

/**
 * Starts an image as the Deployment does: as user 1000, its root read only, without capabilities.
 *
 * @throws {CheckError} when there is no container engine, it cannot run the image, or that does not answer
 */
export async function startImage(
  image: string,
  variables: Record<string, string>,
  run: RunTool,
  signal: AbortSignal,
): Promise<StartedServer> {
  const engine = await containerEngine(run);
  const own = { ...variables, PORT: String(ports.server), POD_IP: '127.0.0.1' };
  const words = [
    ...['run', '--detach', '--publish', `127.0.0.1::${ports.server}`],
    ...['--user', '1000:1000', '--read-only', '--cap-drop', 'ALL', '--memory', '128m'],
    ...Object.entries(own).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
  ];
  const begun = await run(engine, [...words, image], { timeoutSeconds: 300 });
  if (begun?.code !== 0) {
    throw new CheckError(
      `${engine} does not run ${image}: ${begun?.stderr.trim()}`,
      `see that the image is here or can be pulled: ${engine} pull ${image}`,
    );
  }
  const container = begun.stdout.trim().split('\n').at(-1) ?? '';
  const remove = async () => void (await run(engine, ['rm', '--force', container]));
  const published = await run(engine, ['port', container, `${ports.server}/tcp`]);
  const port = /:(\d+)\s*$/m.exec(published?.stdout ?? '')?.[1];
  const logs = async () => {
    const told = await run(engine, ['logs', container]);
    return `${told?.stdout ?? ''}${told?.stderr ?? ''}`;
  };
  if (port === undefined) {
    const text = lastOf(await logs());
    await remove();
    throw new CheckError(
      `${image} ended, or its port ${ports.server} is not published: ${text}`,
      `docs/your-own-server.md#environment-variables`,
    );
  }
  const server: StartedServer = {
    url: new URL(`ws://127.0.0.1:${port}/`),
    drainSeconds: DRAIN_SECONDS,
    exited: run(engine, ['wait', container], { timeoutSeconds: 600 }).catch(() => {}),
    terminate: async () => void (await run(engine, ['kill', '--signal', 'TERM', container])),
    remove,
  };
  return untilItAnswers(server, image, logs, signal);
}

/** Docker, or else podman. @throws {CheckError} when neither can run a container */
async function containerEngine(run: RunTool): Promise<string> {
  const said: string[] = [];
  for (const engine of ['docker', 'podman']) {
    const answer = await run(engine, ['info']);
    if (answer?.code === 0) return engine;
    said.push(answer ? `${engine}: ${lastOf(answer.stderr)}` : `no ${engine} on PATH`);
  }
  throw new CheckError(
    `no container engine runs here (${said.join('; ')})`,
    'install or start one, or run the server yourself and check that: npx envoy-poc check-server ws://127.0.0.1:8080',
  );
}

async function untilItAnswers(
  server: StartedServer,
  name: string,
  output: () => Promise<string>,
  signal: AbortSignal,
): Promise<StartedServer> {
  let ended = false;
  void server.exited.then(() => {
    ended = true;
  });
  const end = performance.now() + START_SECONDS * 1000;
  try {
    for (;;) {
      signal.throwIfAborted();
      if ((await ask(server.url)).status !== undefined) return server;
      if (ended) {
        throw new CheckError(
          `${name} ended before it answered: ${lastOf(await output())}`,
          'see what it needs to run; docs/your-own-server.md#environment-variables has the variables it gets',
        );
      }
      if (performance.now() > end) {
        throw new CheckError(
          `${name} did not answer on its port in ${START_SECONDS} s: ${lastOf(await output())}`,
          'listen on PORT, on every address: docs/your-own-server.md#environment-variables',
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } catch (error) {
    await server.remove();
    throw error;
  }
}

/** Keeps the end of what a process prints. */
function lastLines() {
  let text = '';
  return {
    add: (chunk: Buffer) => {
      text = (text + chunk).slice(-4000);
    },
    text: () => text,
  };
}

/** The last lines of an output. */
function lastOf(text: string): string {
  return text.trim().split('\n').slice(-5).join('\n');
}
