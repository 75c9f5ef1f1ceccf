import type { Child } from '@envoy-poc/cli/start';
import { cpuShare } from '@envoy-poc/testing';
import { milliseconds, type Part, quantile, ratio, row, type Setting } from '../part.ts';
import { exchange, open, textFrame } from './connections.ts';
import { measureIdle } from './idle.ts';
import { processorNanoseconds } from './process.ts';
import { type Command, names, prepareServers, type ServerName, startServerProcess } from './servers.ts';
import { measureStart, type StartTime } from './start-time.ts';

/** One round of a server. */
interface Measured {
  /** Resident bytes with one connection. */
  baseBytes: number;
  bytesPerConnection: number;
  /** Microseconds of processor time for a message and its reply. */
  microsecondsPerMessage: number;
  start: StartTime;
}

interface ServerResult {
  connections: readonly number[];
  messages: number;
  /** Whether the start was measured with a bound on the processor; else it is computed. */
  bounded: boolean;
  rounds: Partial<Record<ServerName, Measured[]>>;
}

const MILLICORES = 100;
const POD_BYTES = 128 * 1024 * 1024;
/** Clients that send one message after the other, each when it has the reply to the last. */
const CLIENTS = 20;

export const server: Part<ServerResult> = {
  name: 'server',
  about: 'memory of an idle connection, processor time of a message, time to start',
  async measure({ rounds, full, folder, network, progress, ...setting }) {
    const commands = await prepareServers(folder, progress);
    const connections = full ? [1000, 2000, 4000, 8000] : [500, 1000, 2000, 4000];
    const messages = full ? 200_000 : 40_000;
    const measured: ServerResult['rounds'] = {};
    const net = network();
    for (let round = 0; round < rounds; round++) {
      // In turns, so that a slow moment of the machine hits each.
      for (const [index, [name, command]] of [...commands].entries()) {
        progress(`server: ${names[name]}, round ${round + 1} of ${rounds}`);
        const host = `${net}.${round + 1}.${index + 1}`;
        const result = await measureServer({ name, command, host, connections, messages, setting });
        measured[name] = [...(measured[name] ?? []), result];
      }
    }
    const share = cpuShare(MILLICORES);
    share?.remove();
    return { connections, messages, bounded: share !== undefined, rounds: measured };
  },
  section: serverSection,
};

interface Task {
  name: ServerName;
  command: Command;
  host: string;
  connections: readonly number[];
  messages: number;
  setting: Pick<Setting, 'reaper'>;
}

async function measureServer(task: Task): Promise<Measured> {
  const { name, command, host, connections, messages, setting } = task;
  const fresh = () => startServerProcess(name, command, host, setting);
  const start = await measureStart(fresh, host, MILLICORES);
  const { atZero, bytesPerConnection } = await withServer(fresh, host, (child) =>
    measureIdle(child, host, connections),
  );
  const microsecondsPerMessage = await withServer(fresh, host, (child) =>
    measureMessages(child, host, messages),
  );
  return { baseBytes: atZero, bytesPerConnection, microsecondsPerMessage, start };
}

async function withServer<T>(
  start: () => Child,
  host: string,
  action: (child: Child) => Promise<T>,
): Promise<T> {
  const child = start();
  try {
    await child.until(() => open(host).then((socket) => Boolean(socket.destroy())), 30);
    return await action(child);
  } finally {
    child.kill('SIGKILL');
    await child.ended;
  }
}

/** @returns microseconds of processor time a message, the first tenth left out: the code is compiled in it */
async function measureMessages(child: Child, host: string, messages: number): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: CLIENTS }, () => open(host)));
  const message = textFrame('a message of thirty-two bytes ..');
  const send = (count: number) =>
    Promise.all(
      sockets.map(async (socket) => {
        for (let i = 0; i < count / CLIENTS; i++) await exchange(socket, message);
      }),
    );
  await send(messages / 10);
  const before = processorNanoseconds(child.pid);
  await send(messages);
  const after = processorNanoseconds(child.pid);
  for (const socket of sockets) socket.destroy();
  return (after - before) / messages / 1000;
}

const middle = (values: readonly number[]) => quantile(values, 0.5);

/** What of a start is this project's own. */
function startLines({ ours = [], ws = [] }: ServerResult['rounds']): string[] {
  const cost = (of: readonly Measured[]) => middle(of.map(({ start }) => start.processorMilliseconds));
  if (ours.length === 0 || ws.length === 0) return [];
  return [
    '',
    `A start costs ${cost(ours).toFixed(0)} ms of processor time, and ${cost(ws).toFixed(0)} ms with \`ws\` alone. The rest is compiling and running what reads the`,
    'environment, logs and counts (zod, pino, prom-client), which Node does at each start, and resident memory is its code.',
  ];
}

function serverSection({ connections, messages, bounded, rounds }: ServerResult): string[] {
  const columns: [head: string, of: (measured: Measured) => number, text: (value: number) => string][] = [
    ['memory of an idle connection', (m) => m.bytesPerConnection, (v) => `${(v / 1024).toFixed(1)} KiB`],
    ['resident without any', (m) => m.baseBytes, (v) => `${(v / 2 ** 20).toFixed(0)} MiB`],
    ['processor time of a message', (m) => m.microsecondsPerMessage, (v) => `${v.toFixed(1)} µs`],
    ['start to first reply', (m) => m.start.milliseconds, milliseconds],
  ];
  const holds = (m: Measured) => Math.max(0, (POD_BYTES - m.baseBytes) / m.bytesPerConnection);
  return [
    '## A server',
    '',
    `Idle connections: resident memory at ${connections.join(', ')} connections, each of which has had one reply; a line`,
    `through the points. ${messages} messages of 32 bytes by ${CLIENTS} clients that wait for each reply. Start: processor`,
    bounded
      ? `time bounded to ${MILLICORES} millicores. In parentheses: as a ratio to \`ws\` alone, least and greatest of a round.`
      : `time to the first reply, divided by ${MILLICORES} millicores. As a ratio to \`ws\` alone, with the least and greatest.`,
    '',
    row('server', ...columns.flatMap(([head]) => [head, 'ratio']), 'connections in 128 MiB'),
    `|${' --- |'.repeat(2 * columns.length + 2)}`,
    ...(Object.keys(names) as ServerName[]).flatMap((name) => {
      const of = rounds[name];
      if (!of) return [];
      const cells = columns.flatMap(([, value, text]) => {
        const values = of.map(value);
        return [text(middle(values)), ratio(values, (rounds.ws ?? []).map(value))];
      });
      return [row(names[name], ...cells, Math.round(middle(of.map(holds))))];
    }),
    ...startLines(rounds),
  ];
}
