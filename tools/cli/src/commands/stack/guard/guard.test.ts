import { exampleOf } from '@envoy-poc/layers';
import { expect, test } from 'vitest';
import { fakeWorkspace } from '../testing.ts';
import { eventLog } from './testing.ts';

const network = exampleOf('network');
const moved = eventLog(network, { ...network, vpcCidr: '10.64.0.0/16' });
const same = eventLog(network, network);

test.each(['deploy', 'preview'])(
  '%s refuses to change what others stand on: the value, the layers, the order that works',
  async (verb) => {
    const workspace = await fakeWorkspace({ dev: 7 }, moved);
    const { code, output } = await workspace.run('network', [verb]);
    expect(code).toBe(1);
    expect(output.trim().split('\n').at(-1)).toBe(
      'network, stack dev, would change what cluster (7 resources), platform (7 resources) and workloads (7 resources) ' +
        'stand on: vpcCidr "172.245.0.0/16" to "10.64.0.0/16"; nothing was touched. Set it back as it was, or make all of ' +
        'it anew: npx nx run network:destroy --stack dev destroys workloads, platform, cluster and network in this order, ' +
        'and npx nx run-many -t deploy --stack dev deploys them again',
    );
    expect(await workspace.changes()).toEqual([]);
  },
);

/** The states of the layers on network, which read something of it when they were deployed last. */
function statesThatRead(...published: object[]) {
  const state = (outputs: object) => ({
    deployment: {
      resources: [
        { type: 'pulumi:pulumi:StackReference', id: 'organization/network/dev', outputs: { outputs } },
      ],
    },
  });
  return Object.fromEntries(
    ['cluster', 'platform', 'workloads'].map((layer, index) => [layer, state(published[index] ?? network)]),
  );
}

test('what no other layer has seen yet may go again, such as a zone whose deploy failed; seen once, it stays', async () => {
  const third = { id: 'subnet-0c', cidr: '172.245.64.0/19', zone: 'us-east-1c' };
  const grown = { ...network, publicSubnets: [...network.publicSubnets, third] };
  const back = eventLog(grown, network);
  const unseen = await fakeWorkspace({ dev: 7 }, back, statesThatRead());
  const { code, output } = await unseen.run('network', ['deploy']);
  expect(code, output).toBe(0);
  const seen = await fakeWorkspace({ dev: 7 }, back, statesThatRead(network, grown));
  expect((await seen.run('network', ['deploy'])).output).toContain(
    'publicSubnets.2.id "subnet-0c" would be gone',
  );
  const other = await fakeWorkspace({ dev: 7 }, moved, statesThatRead());
  expect((await other.run('network', ['deploy'])).output).toContain(
    'vpcCidr "172.245.0.0/16" to "10.64.0.0/16"',
  );
});

test('of a layer with others on it the preview is made once, with the options it knows', async () => {
  const workspace = await fakeWorkspace({ dev: 7 }, same);
  const words = ['deploy', '--target', 'urn:x', '--continue-on-error', '--skip-preview'];
  const { code, output } = await workspace.run('network', words);
  expect(code, output).toBe(0);
  expect(await workspace.changes()).toEqual([
    'network: up --yes --refresh --skip-preview --stack dev --target=urn:x --continue-on-error --skip-preview --non-interactive',
  ]);
  expect(await workspace.previews()).toEqual([
    expect.stringMatching(/^network: preview --refresh --stack dev --target=urn:x --non-interactive$/),
  ]);
});

test('where nothing stands on a layer, nothing is previewed first', async () => {
  const workspace = await fakeWorkspace({ staging: 7 }, moved);
  expect((await workspace.run('network', ['deploy'])).code).toBe(0);
  expect(await workspace.changes()).toEqual(['network: up --yes --refresh --stack dev --non-interactive']);
  expect(await workspace.previews()).toEqual([]);
});
