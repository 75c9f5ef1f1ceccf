import { haveCluster, kubectl } from '@envoy-poc/layer/real-cluster';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { deployments } from '../src/names.ts';
import { eventually, namespace } from './cluster.ts';
import { limits } from './limits.ts';
import { objects } from './objects.ts';
import { recovery } from './recovery.ts';
import { rolling } from './rolling.ts';
import { scaling } from './scaling.ts';
import { deploySetting, type Setting } from './setting.ts';

/** One deployment for all tests, which change it one after the other: their order matters. */
describe.runIf(haveCluster())('the workloads, alone on a real cluster', () => {
  let current: Setting | undefined;
  const setting = () => {
    if (!current) throw new Error('nothing is deployed');
    return current;
  };

  beforeAll(async () => {
    current = await deploySetting({
      edgeReplicas: 2,
      clientReplicas: 0,
      newConnectionsPerSecond: 50,
      // Shorter than by default, to see more in less time.
      attemptIntervalSeconds: 2,
      messageIntervalMinSeconds: 1,
      messageIntervalMaxSeconds: 2,
      serverDrainSeconds: 4,
      edgeDrainSeconds: 9,
    });
  });
  afterAll(() => current?.end());

  objects(setting);
  describe('under load', () => {
    afterEach(() => expect(overLimit(2)).toEqual([]));

    limits(setting);
    scaling(setting);
    recovery(setting);
    rolling(setting);
  });

  test('control: with a limit of 3, set by hand, the same figures show pods above 2', async () => {
    await kubectl(['-n', namespace, 'set', 'env', `deployment/${deployments.server}`, 'MAX_CONNECTIONS=3']);
    await eventually(60, async () => expect(overLimit(2)).not.toEqual([]));
  });

  /** The server processes that ever held more connections than `limit`. */
  const overLimit = (limit: number) => [...setting().most].filter(([, most]) => most > limit);
});
