import { haveCluster, kubectl } from '@envoy-poc/layers/real-cluster';
import { deployments } from '@envoy-poc/layers/workloads';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../helpers/wait.ts';
import { ATTEMPT_INTERVAL_SECONDS } from './workloads/clients.ts';
import { namespace, rolledOut } from './workloads/cluster.ts';
import { limits } from './workloads/limits.ts';
import { objects } from './workloads/objects.ts';
import { pickers } from './workloads/pickers.ts';
import { recovery } from './workloads/recovery.ts';
import { restart, rolling, seenDuring } from './workloads/rolling.ts';
import { scaling } from './workloads/scaling.ts';
import { deploySetting, type Setting } from './workloads/setting.ts';

/** One deployment for all tests, which change it one after the other: their order matters. */
describe.runIf(haveCluster())('the workloads, alone on a real cluster', () => {
  let current: Setting | undefined;
  const setting = () => {
    if (!current) throw new Error('nothing is deployed');
    return current;
  };

  beforeAll(async () => {
    current = await deploySetting({
      ...{ serverReplicas: 4, connectionsPerPod: 2, edgeReplicas: 2 },
      clientReplicas: 0,
      newConnectionsPerSecond: 50,
      // What each edge does by itself. The endpoint pickers come on top of it.
      admission: 'shared',
      // Shorter than by default, to see more in less time.
      attemptIntervalSeconds: ATTEMPT_INTERVAL_SECONDS,
      messageIntervalMinSeconds: 1,
      messageIntervalMaxSeconds: 2,
      serverDrainSeconds: 2,
      // Longer than it need be, so that a busy machine has the time to tell everybody.
      edgeDrainSeconds: 10,
    });
  });
  afterAll(() => current?.end());

  objects(setting);
  describe('under load', () => {
    afterEach(() => expect(overLimit(2)).toEqual([]));

    pickers(setting);
    limits(setting);
    scaling(setting);
    recovery(setting);
    rolling(setting);
  });

  test('control: with a limit of 3, set by hand, the same figures show pods above 2', async () => {
    await setServerEnv('CONNECTIONS_PER_POD=3');
    await eventually(async () => expect(overLimit(2)).not.toEqual([]));
    await setServerEnv('CONNECTIONS_PER_POD=2');
  });

  test('control: with servers that do not ask, the clients of edges that go are not told', async () => {
    const { cluster } = setting();
    await setServerEnv('EDGE_READY_PORT-');
    await rolledOut('server');
    const lines = await seenDuring(cluster, () => restart('edge'));
    const codes = lines.flat().flatMap(({ event, code }) => (event === 'close' ? code : []));
    expect(codes.length).toBeGreaterThanOrEqual(8);
    expect(codes).toEqual(codes.map(() => 1006));
  });

  const setServerEnv = (variable: string) =>
    kubectl(['-n', namespace, 'set', 'env', `deployment/${deployments.server}`, variable]);

  /** The server processes that ever held more connections than `limit`. */
  const overLimit = (limit: number) => [...setting().most].filter(([, most]) => most > limit);
});
