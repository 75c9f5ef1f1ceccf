import { readFileSync } from 'node:fs';
import { manifestFaults } from '@envoy-poc/kubernetes-schema';
import { exampleOf, parseOutputs, projectFileOf } from '@envoy-poc/layers';
import { type LayerRunOptions, runLayer } from '@envoy-poc/layers/testing';
import { expect, test } from 'vitest';
import platform from './index.ts';

const project = projectFileOf(`${import.meta.dirname}/..`);
const published = { network: exampleOf('network'), cluster: exampleOf('cluster') };

function run(config: Record<string, unknown> = {}, replace: Partial<LayerRunOptions> = {}) {
  return runLayer(platform, {
    project,
    config,
    published,
    state: ({ type }) => (type.endsWith('PodIdentityAssociation') ? { associationId: 'a-0123456789' } : {}),
    ...replace,
  });
}

test('the controller comes by Helm, one exact version, installed whole or not at all', async () => {
  const { resource } = await run();
  expect(resource('envoy_poc_load_balancer_controller').inputs).toMatchObject({
    name: 'aws-load-balancer-controller',
    namespace: 'kube-system',
    chart: 'aws-load-balancer-controller',
    version: '3.5.0',
    repositoryOpts: { repo: 'https://aws.github.io/eks-charts' },
    atomic: true,
    cleanupOnFail: true,
  });
});

test('the controller is told what its pods cannot ask for, and what it must not do', async () => {
  const { resource } = await run();
  expect(resource('envoy_poc_load_balancer_controller').inputs.values).toMatchObject({
    clusterName: 'envoy-poc',
    region: 'us-east-1',
    vpcId: published.network.vpcId,
    replicaCount: 2,
    podDisruptionBudget: { maxUnavailable: 1 },
    serviceAccount: { name: 'aws-load-balancer-controller' },
    enableServiceMutatorWebhook: false,
    enableBackendSecurityGroup: false,
    enableShield: false,
    enableWaf: false,
    enableWafv2: false,
  });
});

test("an upgrade keeps the webhook's certificate, which the running pods and the API server know", async () => {
  const { resource } = await run();
  expect(resource('envoy_poc_load_balancer_controller').inputs.values).toMatchObject({ keepTLSSecret: true });
});

test('the command for the CRDs takes those of the chart that is installed by default', () => {
  const readme = readFileSync(`${import.meta.dirname}/../README.md`, 'utf8');
  const [, ref] = /aws-load-balancer-controller\/crds\?ref=(\S+)"/.exec(readme) ?? [];
  expect(ref).toBe(`v${project.config.chartVersion?.default}`);
});

test('pods start anew when the association that gives them credentials changes', async () => {
  const { resource } = await run();
  expect(resource('envoy_poc_load_balancer_controller').inputs).toMatchObject({
    values: { podAnnotations: { 'envoy-poc/pod-identity-association': 'a-0123456789' } },
  });
});

test('the role goes to the ServiceAccount of the controller by Pod Identity', async () => {
  const { resource, outputs } = await run();
  const { loadBalancerController } = parseOutputs('platform', 'dev', outputs);
  expect(resource('envoy_poc_load_balancer_controller_pod_identity').inputs).toMatchObject({
    clusterName: 'envoy-poc',
    namespace: 'kube-system',
    serviceAccount: 'aws-load-balancer-controller',
    roleArn: loadBalancerController.roleArn,
  });
  const trust: unknown = JSON.parse(
    String(resource('envoy_poc_load_balancer_controller_role').inputs.assumeRolePolicy),
  );
  expect(trust).toMatchObject({
    Statement: [{ Principal: { Service: 'pods.eks.amazonaws.com' } }],
  });
});

test('the class is made after the controller, through its webhook, and is what is published', async () => {
  const { resource, resources, outputs } = await run();
  const order = resources.map(({ name }) => name);
  const [controller, parameters, ingressClass] = [
    'envoy_poc_load_balancer_controller',
    'envoy_poc_alb_ingress_class_parameters',
    'envoy_poc_alb_ingress_class',
  ].map((name) => order.indexOf(name));
  expect(controller).toBeLessThan(parameters ?? -1);
  expect(parameters).toBeLessThan(ingressClass ?? -1);
  expect(resource('envoy_poc_alb_ingress_class_parameters').inputs).toMatchObject({
    apiVersion: 'elbv2.k8s.aws/v1beta1',
    kind: 'IngressClassParams',
    spec: { scheme: 'internet-facing' },
  });
  expect(resource('envoy_poc_alb_ingress_class').inputs.spec).toMatchObject({
    controller: 'ingress.k8s.aws/alb',
    parameters: { kind: 'IngressClassParams', name: 'alb' },
  });
  expect(parseOutputs('platform', 'dev', outputs).ingressClassName).toBe('alb');
});

test('what is deleted goes before what it stands on', async () => {
  const { dependenciesOf } = await run();
  expect(dependenciesOf('envoy_poc_alb_ingress_class_parameters')).toEqual([
    'envoy_poc_load_balancer_controller',
  ]);
  expect(dependenciesOf('envoy_poc_load_balancer_controller')).toContain(
    'envoy_poc_load_balancer_controller_pod_identity',
  );
});

test('the manifests are what Kubernetes 1.33 takes', async () => {
  const { resource } = await run();
  const { inputs } = resource('envoy_poc_alb_ingress_class');
  expect(manifestFaults({ apiVersion: '', kind: '', ...inputs })).toEqual([]);
});

test('what it publishes is its contract', async () => {
  const { outputs } = await run({ chartVersion: '3.6.0' });
  expect(parseOutputs('platform', 'dev', outputs)).toMatchObject({
    loadBalancerController: {
      release: 'aws-load-balancer-controller',
      namespace: 'kube-system',
      chartVersion: '3.6.0',
    },
  });
});

test('every AWS resource goes through the provider that tags, every Kubernetes object to the cluster', async () => {
  const { resources, resource } = await run();
  expect(resource('envoy_poc_aws').inputs.defaultTags).toEqual(
    JSON.stringify({ tags: { project: 'envoy-poc', layer: 'platform', stack: 'dev' } }),
  );
  expect(resource('envoy_poc_kubernetes').inputs).toMatchObject({
    kubeconfig: expect.stringContaining(published.cluster.endpoint),
    clusterIdentifier: 'envoy-poc',
  });
  for (const { type, name, provider } of resources) {
    if (type.startsWith('aws:')) expect(provider, name).toContain('envoy_poc_aws');
    if (type.startsWith('kubernetes:')) expect(provider, name).toContain('envoy_poc_kubernetes');
  }
});

test('it reaches the cluster as whoever deploys, not by the profile of people', async () => {
  const kubeconfigOf = async (config: Record<string, unknown>) => {
    const { inputs } = (await run(config)).resource('envoy_poc_kubernetes');
    const { users } = JSON.parse(String(inputs.kubeconfig)) as {
      users: [{ user: { exec: { args: string[] } } }];
    };
    return users[0].user.exec.args.join(' ');
  };
  expect(await kubeconfigOf({ 'aws:profile': 'deployer' })).toBe(
    'eks get-token --cluster-name envoy-poc --region us-east-1 --output json --profile deployer',
  );
  expect(await kubeconfigOf({})).not.toContain('--profile');
});

test('all that it makes is folded into components', async () => {
  expect((await run()).roots).toEqual([
    'envoy-poc:platform:Controller envoy_poc_load_balancer_controller',
    'envoy-poc:platform:ControllerIdentity envoy_poc_load_balancer_controller_identity',
    'envoy-poc:platform:IngressClass envoy_poc_alb_ingress_class',
    'pulumi:providers:aws envoy_poc_aws',
    'pulumi:providers:kubernetes envoy_poc_kubernetes',
  ]);
});

test('logical names are descriptive snake case', async () => {
  const { resources } = await run();
  for (const { name } of resources) expect(name).toMatch(/^envoy_poc_[a-z0-9]+(_[a-z0-9]+)*$/);
});

test.each([
  [{ chartVersion: 'latest' }, 'platform:chartVersion = "latest": must be one exact version such as 3.5.0'],
  [{ chartVersion: '1.13.4' }, 'platform:chartVersion = "1.13.4": must be 3.0.0 or newer'],
  [{ chartVersion: '' }, 'platform:chartVersion is not set: must be a chart version such as 3.5.0'],
])('bad configuration %j is told before anything is declared', async (config, message) => {
  await expect(run(config)).rejects.toThrow(message);
});

test.each(['network', 'cluster'] as const)(
  'without the %s layer it says which command deploys it',
  async (layer) => {
    const { [layer]: _, ...others } = published;
    await expect(run({}, { published: others })).rejects.toThrow(`npx nx run ${layer}:deploy --stack dev`);
  },
);
