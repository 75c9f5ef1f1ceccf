import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Rehearsal, type Run } from './rehearsal.ts';

const available = Rehearsal.available();
if (!available) {
  const message = 'no pulumi on PATH; install it: https://www.pulumi.com/docs/install/';
  if (process.env.CI) throw new Error(message);
  console.warn(`SKIPPED: ${message}`);
}

describe.skipIf(!available)(
  'network, registry and cluster under the real engine',
  { timeout: 120_000 },
  () => {
    let rehearsal: Rehearsal;
    const up = (layer: 'network' | 'registry' | 'cluster', ...args: string[]) =>
      rehearsal.pulumi(layer, 'up', '--yes', '--skip-preview', ...args);

    beforeAll(async () => {
      rehearsal = new Rehearsal();
      await Promise.all(
        (['network', 'registry', 'cluster'] as const).map((layer) => rehearsal.prepare(layer)),
      );
    });
    afterAll(() => rehearsal?.close());

    /** The one error a run prints, as people read it. */
    function expectPlainError({ code, output }: Run, message: string) {
      expect(code, output).not.toBe(0);
      expect(output).toContain(message);
      expect(output).not.toMatch(/^\s+at .*\.(ts|js):\d+/m);
      expect(rehearsal.account()).toEqual([]);
    }

    test('bad configuration is told plainly, and nothing is made', async () => {
      rehearsal.configure('network', { vpcCidr: '10.0.3.0/16', zoneCount: 9 });
      const run = await up('network');
      expectPlainError(
        run,
        'network:vpcCidr = "10.0.3.0/16": does not start on its own boundary; try 10.0.0.0/16',
      );
      expect(run.output).toContain('network:zoneCount = 9: at most 3');
      rehearsal.configure('network', { vpcCidr: '172.245.0.0/16', zoneCount: 2 });
    });

    test('a layer before those it reads says what to deploy, in a preview too', async () => {
      expectPlainError(
        await rehearsal.pulumi('cluster', 'preview'),
        'Deploy it, then try again: npx nx run network:deploy --stack dev',
      );
    });

    test('in order, they deploy, and a second time changes nothing', async () => {
      const first = await Promise.all([up('network'), up('registry')]);
      const last = await up('cluster');
      for (const { code, output } of [...first, last]) expect(code, output).toBe(0);
      for (const layer of ['network', 'cluster'] as const) {
        const { code, output } = await up(layer, '--expect-no-changes');
        expect(code, output).toBe(0);
      }
    });

    test('every AWS resource is made by the provider that tags it, and the log group before the cluster', async () => {
      const { output } = await rehearsal.pulumi('cluster', 'stack', 'export');
      const { resources } = JSON.parse(output).deployment as {
        resources: { type: string; urn: string; provider?: string; dependencies?: string[] }[];
      };
      const made = resources.filter(({ type }) => type.startsWith('aws:'));
      expect(made.length).toBeGreaterThan(10);
      for (const { urn, provider } of made) expect(provider, urn).toContain('::envoy_poc_aws::');
      const cluster = resources.find(({ type }) => type === 'eks:index:Cluster');
      expect(cluster?.dependencies?.join()).toContain('::envoy_poc_eks_log_group');
    });

    test('the network stays while the cluster stands; in reverse order nothing is left', async () => {
      const early = await rehearsal.pulumi('network', 'destroy', '--yes', '--skip-preview');
      expect(early.code).not.toBe(0);
      expect(early.output).toContain('DependencyViolation');
      for (const layer of ['cluster', 'network', 'registry'] as const) {
        const { code, output } = await rehearsal.pulumi(layer, 'destroy', '--yes', '--skip-preview');
        expect(code, output).toBe(0);
      }
      expect(rehearsal.account()).toEqual([]);
    });
  },
);
