import { expect, test } from 'vitest';
import { runCluster, standing } from './testing.ts';

const addons = {
  'vpc-cni': 'v1.21.1-eksbuild.3',
  'kube-proxy': 'v1.33.8-eksbuild.4',
  coredns: 'v1.13.2-eksbuild.1',
  'eks-pod-identity-agent': 'v1.3.10-eksbuild.2',
};
const on = (version: string, replace: Partial<typeof addons> = {}) =>
  standing({ version, addons: { ...addons, ...replace } });
const to = (version: string, kubeProxyVersion: string) => ({ version, kubeProxyVersion });

test.each([
  [
    'two minor versions up',
    on('1.33'),
    to('1.35', 'v1.35.0-eksbuild.2'),
    'cluster:version = "1.35": the cluster stands at 1.33, and EKS goes up one minor version at a time; set 1.34 first',
  ],
  [
    'down',
    on('1.34', { 'kube-proxy': 'v1.34.1-eksbuild.2' }),
    {},
    'cluster:version = "1.33": the cluster stands at 1.34, and EKS never goes down; set 1.34',
  ],
  [
    'an add-on down, by a build',
    on('1.33', { coredns: 'v1.13.2-eksbuild.4' }),
    {},
    'cluster:coreDnsVersion = "v1.13.2-eksbuild.1": coredns stands at v1.13.2-eksbuild.4, and goes up only; set v1.13.2-eksbuild.4 or a newer one',
  ],
  [
    'an add-on two minor versions up',
    on('1.33', { 'vpc-cni': 'v1.19.6-eksbuild.7' }),
    {},
    'cluster:vpcCniVersion = "v1.21.1-eksbuild.3": vpc-cni stands at v1.19.6-eksbuild.7, and goes up one minor version at a time; set one of v1.20 first',
  ],
])(
  '%s is refused before anything is declared, with the step that works',
  async (_, answers, config, sentence) => {
    await expect(runCluster(config, answers)).rejects.toThrow(sentence);
  },
);

test('all that is refused comes together, with the page that says the order', async () => {
  const answers = on('1.33', { coredns: 'v1.14.0-eksbuild.1' });
  await expect(runCluster(to('1.35', 'v1.35.0-eksbuild.2'), answers)).rejects.toThrow(
    /cluster:version.*docs\/upgrading\.md[\s\S]*cluster:coreDnsVersion/,
  );
});

test('one minor version up is taken, and what changes is printed with its versions', async () => {
  const { resource, notes } = await runCluster(to('1.34', 'v1.34.1-eksbuild.2'), on('1.33'));
  expect(resource('envoy_poc_eks_cluster').inputs.version).toBe('1.34');
  expect(notes.join('\n')).toContain(
    'Kubernetes 1.33 → 1.34, vpc-cni v1.21.1-eksbuild.3, kube-proxy v1.33.8-eksbuild.4 → v1.34.1-eksbuild.2, ' +
      'coredns v1.13.2-eksbuild.1, eks-pod-identity-agent v1.3.10-eksbuild.2',
  );
});

test('a step is refused while nodes are not yet where the cluster is, and the step that they wait for is not', async () => {
  const left = { nodeGroups: { 'nodes-1a2b': '1.33', other: '1.34' } };
  const stands = standing({ version: '1.34', addons: { 'kube-proxy': 'v1.34.1-eksbuild.2' }, ...left });
  await expect(runCluster(to('1.35', 'v1.35.0-eksbuild.2'), stands)).rejects.toThrow(
    'cluster:version = "1.35": the cluster stands at 1.34, and nodes of it do not yet: nodes-1a2b at 1.33; set 1.34 and deploy',
  );
  const { resource } = await runCluster(to('1.34', 'v1.34.1-eksbuild.2'), stands);
  expect(resource('envoy_poc_node_group').inputs.version).toBe('1.34');
});

test('an add-on that is not there yet has no version to step from', async () => {
  const { notes } = await runCluster({}, standing({ addons: { 'vpc-cni': addons['vpc-cni'] } }));
  expect(notes.join('\n')).toContain('coredns (new) v1.13.2-eksbuild.1');
});

test('where nothing stands, any version may be the first', async () => {
  const { notes } = await runCluster(to('1.35', 'v1.35.0-eksbuild.2'));
  expect(notes.join('\n')).toContain('Kubernetes (new) 1.35');
});

test("another stack's cluster of the same name is left alone, and it is said what must differ", async () => {
  await expect(runCluster({}, standing({ stack: 'staging' }))).rejects.toThrow(
    'cluster:name = "envoy-poc": a cluster of this name stands already, and belongs to stack staging of envoy-poc',
  );
});
