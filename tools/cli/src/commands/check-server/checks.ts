import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Check, fail, type Outcome, pass, skip, warn } from '#runtime';
import { serverGauges } from '../verify/observed/metrics.ts';
import { ask, eventually, inWords, type OpenSocket, type Upgrade, upgrade, within } from './client.ts';
import type { ServerContext } from './context.ts';

/** An edge asks for health so often, and may believe the answer for so long. */
const HEALTH_INTERVAL_MS = 1000;
/** Time that Kubernetes leaves a pod after its drain (projects/workloads). */
const EXIT_SECONDS = 10;

const contract = 'docs/your-own-server.md';

/** A check that has the server for itself. */
function alone(
  check: Omit<Check<ServerContext>, 'run'> & { run(context: ServerContext): Promise<Outcome> },
): Check<ServerContext> {
  return { ...check, run: (context) => context.alone(() => check.run(context)) };
}

/** What an upgrade came to, in words. */
const said = (answer: Upgrade) => (answer.status === undefined ? answer.fault : `answered ${answer.status}`);

const socketsOf = (answers: readonly Upgrade[]) => answers.flatMap(({ socket }) => socket ?? []);

async function endAll(sockets: readonly OpenSocket[]): Promise<void> {
  await Promise.all(sockets.map((socket) => socket.end('close')));
  // The server sees the end of its TCP connection a moment after the client does.
  await sleep(200);
}

/** Fills a server, does something, and frees it again, all of it. */
async function whenFull(
  { url, connections }: ServerContext,
  work: (sockets: readonly OpenSocket[]) => Promise<Outcome>,
): Promise<Outcome> {
  const sockets: OpenSocket[] = [];
  try {
    for (let number = 1; number <= connections; number++) {
      const answer = await eventually(() => upgrade(url), isOpen, HEALTH_INTERVAL_MS);
      if (!answer.socket) {
        return fail(
          `connection ${number} of ${connections} was not let in: ${said(answer)}`,
          `see that the server is idle and takes CONNECTIONS_PER_POD; --connections says how many it accepts`,
        );
      }
      sockets.push(answer.socket);
    }
    return await work(sockets);
  } finally {
    await endAll(sockets);
  }
}

const isOpen = ({ status }: Upgrade) => status === 101;

const idle = alone({
  id: 'health-free',
  title: '/healthz while there is room',
  async run({ url }) {
    const health = await ask(url);
    if (health.status === 200 && !health.degraded) return pass(inWords(health));
    return fail(inWords(health), `answer 200 without x-envoy-degraded within 1 s: ${contract}#health`);
  },
});

const limit = alone({
  id: 'limit',
  title: 'the limit holds, before the handshake',
  run: (context) =>
    whenFull(context, async () => {
      const { connections } = context;
      const more = await upgrade(context.url);
      if (more.status === 503) return pass(`${connections} let in, one more was refused with 503`);
      if (!more.socket) {
        return fail(
          `connection ${connections + 1} of ${connections}: ${said(more)}, not 503`,
          `answer 503, the one status that the edge tries again elsewhere: ${contract}#limit`,
        );
      }
      const closed = await within(500, more.socket.closed);
      await more.socket.end('close');
      return fail(
        `connection ${connections + 1} of ${connections} was let in with 101` +
          (closed ? `, then closed with ${closed.code}` : ''),
        closed
          ? `refuse it with 503 instead of the handshake: after 101 the edge can try no other pod: ${contract}#limit`
          : `count connections against CONNECTIONS_PER_POD before the handshake: ${contract}#limit`,
      );
    }),
});

const degraded = alone({
  id: 'health-full',
  title: '/healthz when full',
  run: (context) =>
    whenFull(context, async () => {
      const health = await ask(context.url);
      if (health.status === 200 && health.degraded) return pass(inWords(health));
      return fail(
        inWords(health),
        `answer 200 with x-envoy-degraded: true, so that new connections go to pods with room: ${contract}#health`,
      );
    }),
});

const again = alone({
  id: 'refused-again',
  title: 'a full pod that is asked again says so',
  run: (context) =>
    whenFull(context, async () => {
      const requestId = randomUUID();
      const first = await upgrade(context.url, { requestId });
      const second = await upgrade(context.url, { requestId });
      await endAll(socketsOf([first, second]));
      const marked = (answer: Upgrade) => 'triedBefore' in answer && answer.triedBefore;
      if (marked(second) && !marked(first)) return pass('the second 503 has x-envoy-ratelimited');
      return warn(
        marked(first)
          ? 'the first 503 has x-envoy-ratelimited: the edge tries no other pod'
          : 'the second 503 has no x-envoy-ratelimited',
        `send it where the same x-request-id was refused within a second, and only there: ${contract}#limit`,
      );
    }),
});

const storm = alone({
  id: 'storm',
  title: 'the limit holds in a storm',
  async run({ url, connections }) {
    const attempts = connections * 3 + 5;
    const tryAll = async () => {
      const answers = await Promise.all(Array.from({ length: attempts }, () => upgrade(url)));
      await endAll(socketsOf(answers));
      return answers;
    };
    // Too few is no news yet: a slot of the check before may come free only now.
    const enough = (answers: readonly Upgrade[]) => socketsOf(answers).length >= connections;
    const answers = await eventually(tryAll, enough, HEALTH_INTERVAL_MS);
    const open = socketsOf(answers);
    const refused = answers.filter(({ status }) => status === 503).length;
    const seen = `of ${attempts} at once ${open.length} were let in, ${refused} refused with 503`;
    if (open.length === connections && open.length + refused === attempts) return pass(seen);
    const other = answers.find(({ status }) => status !== 101 && status !== 503);
    return fail(
      other ? `${seen}; one ${said(other)}` : seen,
      `count a connection before anything is awaited, and until its TCP connection is closed: ${contract}#limit`,
    );
  },
});

/** A slot is free again once its connection ended, however it did. */
const freed = (how: 'close' | 'cut', title: string) =>
  alone({
    id: `freed-${how}`,
    title,
    run: (context) =>
      whenFull(context, async ([first]) => {
        await first?.end(how);
        const again = await eventually(() => upgrade(context.url), isOpen, HEALTH_INTERVAL_MS);
        await again.socket?.end('close');
        if (!again.socket) {
          return fail(
            `1 s after one of ${context.connections} connections was ended, a new one was not let in: ${said(again)}`,
            `free the slot when the TCP connection closes, whatever closed it: ${contract}#limit`,
          );
        }
        const health = await eventually(
          () => ask(context.url),
          (answer) => !answer.degraded,
          HEALTH_INTERVAL_MS,
        );
        return health.status === 200 && !health.degraded
          ? pass('its slot was free at once, and /healthz says so')
          : fail(
              `its slot is free, and /healthz still says ${inWords(health)}`,
              `leave x-envoy-degraded out as soon as a slot is free: ${contract}#health`,
            );
      }),
  });

const pings = alone({
  id: 'pings',
  title: 'pings keep a connection, and find a dead one',
  async run({ url, connections, pingIntervalSeconds }) {
    const intervalMs = pingIntervalSeconds * 1000;
    const [first, silent] = [
      await upgrade(url),
      connections > 1 ? await upgrade(url, { pongs: false }) : undefined,
    ];
    try {
      if (!first.socket) return fail(`not let in: ${said(first)}`, 'see the checks above');
      if (!(await first.socket.ping())) {
        return fail('a ping had no pong in 1 s', `answer pings (RFC 6455, section 5.5.3): ${contract}#pings`);
      }
      const pinged = await within(
        intervalMs * 1.5,
        first.socket.pinged.then(() => true),
      );
      if (!pinged) {
        return fail(
          `no ping in ${(intervalMs * 1.5) / 1000} s`,
          `ping every PING_INTERVAL_SECONDS (or name it: --ping-interval): the load balancer ends what is quiet for long: ${contract}#pings`,
        );
      }
      if (!silent?.socket) return pass(`pinged within ${pingIntervalSeconds} s`);
      if (await within(intervalMs * 1.5, silent.socket.closed)) {
        return first.socket.isOpen
          ? pass(`pinged every ${pingIntervalSeconds} s; one that sent no pong was cut`)
          : fail(
              'a connection that answers pings was closed',
              `close those without a pong: ${contract}#pings`,
            );
      }
      return fail(
        `a connection that sent no pong is still there after ${(intervalMs * 3) / 1000} s`,
        `cut it at the next ping, or a client that vanished keeps its slot: ${contract}#pings`,
      );
    } finally {
      await endAll(socketsOf([first, ...(silent ? [silent] : [])]));
    }
  },
});

const replies = alone({
  id: 'replies',
  title: 'replies have the time and the pod',
  async run({ url }) {
    const { socket } = await eventually(() => upgrade(url), isOpen, HEALTH_INTERVAL_MS);
    const text = await socket?.ask('check-server');
    await socket?.end('close');
    const reply = jsonOf(text ?? '') as { timestamp?: unknown; podIp?: unknown } | undefined;
    if (typeof reply?.timestamp === 'string' && typeof reply.podIp === 'string') return pass(text ?? '');
    return warn(
      text === undefined ? 'no reply to a text message in 1 s' : `the reply is ${text.slice(0, 100)}`,
      `npx envoy-poc verify and the client of this repository need {"timestamp","podIp"}: ${contract}#replies`,
    );
  },
});

const metrics = alone({
  id: 'metrics',
  title: '/metrics has the connections',
  async run({ url, connections }) {
    const { status, text = '', fault } = await ask(url, '/metrics');
    const next = `npx envoy-poc verify reads them: ${contract}#metrics`;
    if (status !== 200) return warn(fault ?? `/metrics answered ${status}`, next);
    try {
      const { limit: known } = serverGauges(text);
      if (known === connections) return pass(`a limit of ${known}`);
      return warn(`ws_server_connection_limit is ${known}, not ${connections}`, next);
    } catch (error) {
      return warn((error as Error).message, next);
    }
  },
});

const edgeDrains = alone({
  id: 'edge-drains',
  title: 'connections of an edge that drains are closed',
  async run({ url, edgeReadyPort }) {
    if (edgeReadyPort === undefined) return skip('an edge can be played for --command only');
    const edge = createServer((_, response) => response.writeHead(503).end('DRAINING\n'));
    const { socket } = await eventually(() => upgrade(url), isOpen, HEALTH_INTERVAL_MS);
    edge.listen(edgeReadyPort, '127.0.0.1');
    try {
      const closed = socket && (await within(6000, socket.closed));
      if (closed?.code === 1001) return pass('closed with 1001');
      return warn(
        closed ? `closed with ${closed.code}, not 1001` : 'still open after 6 s',
        `ask the peer on EDGE_READY_PORT, or its clients see 1006 when an edge is replaced: ${contract}#edges-that-drain`,
      );
    } finally {
      edge.close();
      edge.closeAllConnections();
      await socket?.end('close');
    }
  },
});

const drain = alone({
  id: 'drain',
  title: 'SIGTERM drains',
  async run(context) {
    const { url, started } = context;
    if (!started) return skip('somebody else runs it; --command or an image is started here');
    return whenFull(context, async (sockets) => {
      const begun = performance.now();
      await started.terminate();
      const health = await eventually(
        () => ask(url),
        ({ status }) => status !== 200,
        HEALTH_INTERVAL_MS,
      );
      const next = `${contract}#shutdown`;
      if (health.status === 200)
        return fail('/healthz is still 200 1 s after SIGTERM', `answer 503: ${next}`);
      const late = await upgrade(url);
      if (late.socket) {
        await late.socket.end('cut');
        return fail('a new connection was let in after SIGTERM', `refuse it with 503: ${next}`);
      }
      const limitMs = (started.drainSeconds + 1) * 1000;
      const ends = await within(limitMs, Promise.all(sockets.map(({ closed }) => closed)));
      if (!ends) return fail(`connections are open ${limitMs / 1000} s after SIGTERM`, `close them: ${next}`);
      const odd = ends.find(({ code }) => code !== 1001);
      if (odd) return fail(`a connection was closed with ${odd.code}, not 1001`, `close with 1001: ${next}`);
      const seconds = ((Math.max(...ends.map(({ at }) => at)) - begun) / 1000).toFixed(1);
      const exited = await within(
        EXIT_SECONDS * 1000,
        started.exited.then(() => true),
      );
      if (!exited) return fail(`still running ${EXIT_SECONDS} s after its drain`, `exit: ${next}`);
      return pass(`refuses at once, closed ${ends.length} with 1001 in ${seconds} s, and ended`);
    });
  },
});

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Every sentence of docs/your-own-server.md that can be checked from outside; the last one ends the server. */
export const checks: readonly Check<ServerContext>[] = [
  idle,
  freed('close', 'a closed connection frees its slot'),
  freed('cut', 'a cut connection frees its slot'),
  limit,
  again,
  degraded,
  storm,
  replies,
  metrics,
  pings,
  edgeDrains,
  drain,
];
