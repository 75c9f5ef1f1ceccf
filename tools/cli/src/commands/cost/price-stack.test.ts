import { expect, test } from 'vitest';
import { assumedByDefault } from './assumptions.ts';
import type { Previewer } from './previewer.ts';
import { priceStack } from './price-stack.ts';
import { cluster, settingsWith, today } from './testing.ts';

test('on a cluster that stands the next version is proposed, as its layer takes no other', async () => {
  const stands: Previewer = {
    on: 'backend',
    because: 'it is deployed',
    async preview(layer, { version = '1.33' } = {}) {
      if (version === '1.35') return { ok: false, errors: ['cluster:version = "1.35": set 1.34 first'] };
      return { ok: true, resources: layer === 'cluster' ? [cluster(String(version))] : [] };
    },
    close: async () => {},
  };
  const { savings, impossible } = await priceStack({
    ...{ stack: 'dev', region: 'us-east-1', today, assumed: assumedByDefault },
    settings: settingsWith(),
    previewer: stands,
    signal: new AbortController().signal,
  });
  expect(savings.map(({ settings }) => settings)).toEqual([
    { version: '1.34', kubeProxyVersion: 'v1.34.1-eksbuild.2' },
  ]);
  expect(savings[0]?.saves).toBeCloseTo(365);
  expect(savings[0]?.source).toBe('AWS');
  expect(impossible.map(({ title }) => title)).not.toContainEqual(expect.stringContaining('Kubernetes'));
});
