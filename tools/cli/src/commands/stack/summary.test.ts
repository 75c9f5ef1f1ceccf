import { expect, test } from 'vitest';
import { summaryLines } from './summary.ts';

const record = { layer: 'network', stack: 'dev', verb: 'deploy', endedAt: 0, seconds: 1 } as const;

test('a line a layer: what it did, as far as that is known, how long, and what was skipped because of what', () => {
  const lines = summaryLines([
    {
      id: 'network:deploy',
      status: 'success',
      seconds: 41.4,
      because: [],
      record: { ...record, ok: true, changes: { created: 30, unchanged: 2 } },
    },
    {
      id: 'registry:deploy',
      status: 'success',
      seconds: 2,
      because: [],
      record: { ...record, ok: true, changes: { unchanged: 5 } },
    },
    {
      id: 'cluster:deploy',
      status: 'failure',
      seconds: 3,
      because: [],
      record: { ...record, ok: false, changes: {}, message: 'quota' },
    },
    {
      id: 'ws-server:push',
      status: 'success',
      seconds: 2,
      because: [],
    },
    {
      id: 'workloads:drift',
      status: 'success',
      seconds: 1,
      because: [],
      record: { ...record, verb: 'drift', ok: true, changes: {} },
    },
    {
      id: 'workloads:refresh',
      status: 'success',
      seconds: 1,
      because: [],
      record: { ...record, verb: 'refresh', ok: true },
    },
    { id: 'platform:deploy', status: 'skipped', seconds: 0, because: ['cluster'] },
  ]);
  expect(lines).toEqual([
    '  ✓ network:deploy       41 s  30 created, 2 unchanged',
    '  ✓ registry:deploy       2 s  nothing changed (5 resources)',
    '  ✗ cluster:deploy        3 s  failed: quota',
    '  ✓ ws-server:push        2 s  done',
    '  ✓ workloads:drift       1 s  there are no resources',
    '  ✓ workloads:refresh     1 s  done',
    '  - platform:deploy            skipped, because cluster failed',
  ]);
});
