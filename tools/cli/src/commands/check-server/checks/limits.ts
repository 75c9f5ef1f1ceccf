import { randomUUID } from 'node:crypto';
import { fail, pass, warn } from '#runtime';
import { ask, eventually, inWords, type Upgrade, upgrade, within } from '../client.ts';
import { alone, contract, endAll, HEALTH_INTERVAL_MS, isOpen, said, socketsOf, whenFull } from './shared.ts';

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

/** A server takes as many connections as its limit, and says so. */
export const limitChecks = [
  idle,
  freed('close', 'a closed connection frees its slot'),
  freed('cut', 'a cut connection frees its slot'),
  limit,
  again,
  degraded,
  storm,
];
