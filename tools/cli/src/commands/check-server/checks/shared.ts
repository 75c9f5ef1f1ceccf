import { setTimeout as sleep } from 'node:timers/promises';
import { type Check, fail, type Outcome } from '#runtime';
import { eventually, type OpenSocket, type Upgrade, upgrade } from '../client.ts';
import type { ServerContext } from '../context.ts';

/** An edge asks for health so often, and may believe the answer for so long. */
export const HEALTH_INTERVAL_MS = 1000;
export const contract = 'docs/your-own-server.md';

/** A check that has the server for itself. */
export function alone(
  check: Omit<Check<ServerContext>, 'run'> & { run(context: ServerContext): Promise<Outcome> },
): Check<ServerContext> {
  return { ...check, run: (context) => context.alone(() => check.run(context)) };
}

/** What an upgrade came to, in words. */
export const said = (answer: Upgrade) =>
  answer.status === undefined ? answer.fault : `answered ${answer.status}`;

export const socketsOf = (answers: readonly Upgrade[]) => answers.flatMap(({ socket }) => socket ?? []);

export async function endAll(sockets: readonly OpenSocket[]): Promise<void> {
  await Promise.all(sockets.map((socket) => socket.end('close')));
  // The server sees the end of its TCP connection a moment after the client does.
  await sleep(200);
}

/** Fills a server, does something, and frees it again, all of it. */
export async function whenFull(
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

export const isOpen = ({ status }: Upgrade) => status === 101;
