import { setTimeout as sleep } from 'node:timers/promises';
import { show } from '@envoy-poc/cli/start';
import { expect, test } from 'vitest';
import { silent } from '../helpers/raw.ts';
import { until } from '../helpers/wait.ts';
import { attempt } from './attempts.ts';
import { type Bootstrap, filtersOf, httpOf, listenerOf } from './bootstrap.ts';
import { edgeAt, edgeUrl, type Plane, startPlane } from './harness.ts';

test('an edge accepts no more connections than it may, and its statistics stay in reach', async () => {
  const plane = await startPlane({ serverReplicas: 1, edgeReplicas: 1, downstreamConnections: 10 });
  const { ingress, stats } = edgeAt(plane, 0);
  const left = await silent(ingress, 30);
  await until(
    () => left().length <= 10,
    () => `${left().length} connections are left`,
  );
  await sleep(1000);
  expect(left()).toHaveLength(10);
  expect((await fetch(`http://${show(stats)}/ready`)).status).toBe(200);

  for (const { socket } of left()) socket.destroy();
  await until(
    async () => (await attempt(edgeUrl(plane, 0))).status === 101,
    () => 'a connection that ended makes room',
  );
});

test('control: with room for all of them, all stay', async () => {
  const plane = await startPlane({ serverReplicas: 1, edgeReplicas: 1 });
  const { ingress } = edgeAt(plane, 0);
  const left = await silent(ingress, 30);
  await sleep(3000);
  expect(left()).toHaveLength(30);
});

const ten = { serverReplicas: 1, edgeReplicas: 1, downstreamConnections: 10 };

/** Lets connections on which nothing comes stay for as long as the questions may take on a busy machine. */
function keepSilent(bootstrap: Bootstrap): void {
  Object.assign(httpOf(bootstrap, 'ingress').common_http_protocol_options as object, {
    idle_timeout: '600s',
  });
}

/**
 * How many connections an edge keeps of 10 and then 60 more, when its statistics and health are asked for so many
 * times in between.
 */
async function keptAfterQuestions(plane: Plane, questions: number, most: number): Promise<number> {
  const { ingress, stats, lifecycle } = edgeAt(plane, 0);
  const first = await silent(ingress, 10);
  for (let i = 0; i < questions; i += 50) {
    const asked = Array.from({ length: 50 }, async (_, n) => {
      const url = n % 5 ? `http://${show(stats)}/ready` : `http://${show(lifecycle)}/healthz`;
      return (await fetch(url, { headers: { connection: 'close' } })).status;
    });
    expect(new Set(await Promise.all(asked))).toEqual(new Set([200]));
  }
  const then = await silent(ingress, 60);
  const left = () => first().length + then().length;
  await until(
    () => left() <= most,
    () => `${left()} connections are left`,
  );
  await sleep(500);
  return left();
}

test('after 2,000 questions to its other listeners an edge still accepts 10 connections, as it may, and no more', async () => {
  const plane = await startPlane({ ...ten, patch: keepSilent });
  expect(await keptAfterQuestions(plane, 2000, 10)).toBe(10);
});

test('control: of a limit for all listeners, which some ignore, their questions give places away', async () => {
  const plane = await startPlane({
    ...ten,
    patch: (bootstrap) => {
      keepSilent(bootstrap);
      const { resource_monitors } = bootstrap.overload_manager;
      const all = resource_monitors.find(({ name }) => name.endsWith('global_downstream_max_connections'));
      Object.assign(all?.typed_config ?? {}, { max_active_downstream_connections: 10 });
      filtersOf(bootstrap, 'ingress').shift();
      Object.assign(bootstrap.admin ?? {}, { ignore_global_conn_limit: true });
      for (const listener of ['stats', 'lifecycle']) {
        const fields = { ignore_global_conn_limit: true, bypass_overload_manager: false };
        Object.assign(listenerOf(bootstrap, listener), fields);
      }
    },
  });
  expect(await keptAfterQuestions(plane, 200, 70)).toBeGreaterThan(10);
});
