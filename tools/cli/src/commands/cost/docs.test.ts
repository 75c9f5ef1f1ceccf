import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { assumedByDefault } from './assumptions.ts';
import type { Previewer } from './previewer.ts';
import { priceStack } from './price-stack.ts';
import { printed } from './print.ts';
import { reportOf } from './report.ts';
import { cluster, design, nodes, root, settingsWith, today } from './testing.ts';

/** Previews the design as its layers' defaults make it; the engine's own preview agrees, as the rig's test shows. */
const previewer: Previewer = {
  on: 'doubles',
  because: 'network has no stack dev in this backend',
  async preview(layer, { version, instanceType, singleNatGateway } = {}) {
    const own = design().filter((resource) => resource.layer === layer);
    const kept = own.filter(
      ({ type, urn }) =>
        !(version && type.endsWith(':Cluster')) &&
        !(instanceType && /:(NodeGroup|LaunchTemplate)$/.test(type)) &&
        !(singleNatGateway && urn.endsWith('::2')),
    );
    return {
      ok: true,
      resources: [
        ...kept,
        ...(version ? [cluster(String(version))] : []),
        ...(instanceType ? nodes(2, String(instanceType)) : []),
      ],
    };
  },
  close: async () => {},
};

test('docs/cost.md shows what is printed for the design', async () => {
  const circumstances = { region: 'us-east-1', today, assumed: assumedByDefault };
  const { signal } = new AbortController();
  const stack = { stack: 'dev', settings: settingsWith(), previewer, signal };
  const report = reportOf(await priceStack({ ...circumstances, ...stack }), circumstances, previewer);
  const docs = readFileSync(join(root, 'docs/cost.md'), 'utf8');
  const [, shown] = /^```\n\$ npx envoy-poc cost\n(.*?)\n\d+\.\d s\n```$/ms.exec(docs) ?? [];
  expect(shown).toBe(printed(report, 'dev', new PassThrough()));
});
