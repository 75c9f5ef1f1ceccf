import { createServer } from 'node:http';
import { fail, pass, skip, warn } from '#runtime';
import { jsonOf } from '#runtime/json';
import { serverGauges } from '../../verify/observed/metrics.ts';
import { ask, eventually, upgrade, within } from '../client.ts';
import { alone, contract, endAll, HEALTH_INTERVAL_MS, isOpen, said, socketsOf, whenFull } from './shared.ts';

/** Time that Kubernetes leaves a pod after its drain (projects/workloads). */
const EXIT_SECONDS = 10;

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
      const report = started.listener?.reports.at(-1);
      if (report && !report.draining && started.listener?.streams) {
        return fail('it drains, and its report to pickers has "draining":false', `say so: ${next}`);
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

/** What an open connection can rely on; the last one ends the server. */
export const connectionChecks = [replies, metrics, pings, edgeDrains, drain];
