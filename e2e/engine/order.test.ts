import { expect, test } from 'vitest';
import { deployed } from './deployed.ts';
import { failed, ok, scenarios } from './setting.ts';

scenarios(
  'layers destroyed out of order',
  (rehearsal) => {
    /** Past the guard of `stack destroy`. */
    const destroy = (layer: 'network' | 'platform' | 'workloads') =>
      rehearsal().inLayer(
        layer,
        ...['pulumi', 'destroy', '--stack', 'dev', '--yes', '--skip-preview', '--non-interactive'],
      );

    test('what others use cannot be deleted, says AWS itself', async () => {
      expect(await failed(destroy('network'))).toContain('DependencyViolation');
    });

    test('without its controller, an Ingress never goes; put back, all goes in order', async () => {
      await ok(destroy('platform'));
      expect(await failed(destroy('workloads'))).toContain('no controller removes it');
      await ok(rehearsal().nx('run', 'platform:deploy'));
      await ok(rehearsal().nx('run-many', '-t', 'destroy', '--yes'));
      expect(rehearsal().account()).toEqual([]);
    });
  },
  deployed,
);
