import { type KubernetesManifest, manifestFaults } from '@envoy-poc/kubernetes-schema';
import { exampleOf, parseOutputs } from '@envoy-poc/layers';
import { expect, test } from 'vitest';
import { bootstrapOf, imageOf, kubernetesObjects, published, run } from './testing.ts';

test('the load balancer: HTTP 80 from the internet to the pods, idle after 300 s, in the network of its layer', async () => {
  const { resource, outputs } = await run();
  expect(resource('envoy_poc_edge_ingress').inputs).toMatchObject({
    metadata: {
      annotations: {
        'alb.ingress.kubernetes.io/scheme': 'internet-facing',
        'alb.ingress.kubernetes.io/listen-ports': '[{"HTTP":80}]',
        'alb.ingress.kubernetes.io/target-type': 'ip',
        'alb.ingress.kubernetes.io/load-balancer-attributes': 'idle_timeout.timeout_seconds=300',
        'alb.ingress.kubernetes.io/healthcheck-path': '/healthz',
        'alb.ingress.kubernetes.io/security-groups': published.network.securityGroupIds.alb,
        'alb.ingress.kubernetes.io/manage-backend-security-group-rules': 'false',
        'alb.ingress.kubernetes.io/subnets': published.network.publicSubnets.map(({ id }) => id).join(','),
        'alb.ingress.kubernetes.io/tags': 'project=envoy-poc,layer=workloads,stack=dev',
      },
    },
    spec: {
      ingressClassName: 'alb',
      rules: [
        {
          http: {
            paths: [{ backend: { service: { name: 'envoy-poc-edge-service', port: { number: 80 } } } }],
          },
        },
      ],
    },
  });
  expect(parseOutputs('workloads', 'dev', outputs)).toMatchObject({
    url: 'http://alb.us-east-1.elb.amazonaws.com',
    loadBalancerHostname: 'alb.us-east-1.elb.amazonaws.com',
  });
});

test.each([
  ['on the other layers', {}],
  [
    'alone',
    { kubeconfig: '/home/me/.kube/config', loadBalancerCidrs: ['10.0.0.0/16'], ingressClassName: 'nginx' },
  ],
  ['with monitoring', { monitoringNamespace: 'monitoring' }],
  ['with endpoint pickers', { admission: 'exact', monitoringNamespace: 'monitoring' }],
])('every manifest is what Kubernetes 1.33 takes, %s', async (_, config) => {
  const objects = kubernetesObjects(await run(config));
  expect(objects.length).toBeGreaterThan(18);
  const faults = objects.flatMap(({ inputs }) => manifestFaults(inputs as unknown as KubernetesManifest));
  expect(faults).toEqual([]);
});

test('what it publishes is its contract', async () => {
  const { outputs } = await run();
  expect(parseOutputs('workloads', 'dev', outputs)).toMatchObject({
    namespace: 'envoy-poc',
    services: exampleOf('workloads').services,
    deployments: exampleOf('workloads').deployments,
    images: { server: imageOf('server'), client: imageOf('client') },
    limits: exampleOf('workloads').limits,
  });
});

test('logical names are descriptive snake case, and every object goes to the cluster', async () => {
  const all = await run();
  for (const { name } of all.resources) expect(name).toMatch(/^envoy_poc(_[a-z0-9]+)+$/);
  for (const { name, provider } of kubernetesObjects(all)) {
    expect(provider, name).toContain('envoy_poc_kubernetes');
  }
  expect(all.resource('envoy_poc_kubernetes').inputs).toMatchObject({
    kubeconfig: expect.stringContaining(published.cluster.endpoint),
    clusterIdentifier: 'envoy-poc',
  });
});

test.each(['exact', 'shared'])('all that it makes is folded into components: %s', async (admission) => {
  expect((await run({ admission })).roots).toEqual([
    'envoy-poc:workloads:Client envoy_poc_app_client',
    'envoy-poc:workloads:Edge envoy_poc_edge',
    'envoy-poc:workloads:Ingress envoy_poc_edge_ingress',
    'envoy-poc:workloads:Namespace envoy_poc_namespace',
    'envoy-poc:workloads:NetworkPolicies envoy_poc_network_policies',
    ...(admission === 'exact' ? ['envoy-poc:workloads:Picker envoy_poc_endpoint_picker'] : []),
    'envoy-poc:workloads:Server envoy_poc_app_server',
    'pulumi:providers:kubernetes envoy_poc_kubernetes',
  ]);
});

test('clients and the load balancer are deleted before the edges, these before the servers, all before the namespace', async () => {
  const { dependenciesOf } = await run();
  const deployment = (workload: string) => dependenciesOf(`envoy_poc_${workload}_deployment`);
  expect(dependenciesOf('envoy_poc_edge_ingress')).toContain('envoy_poc_edge_deployment');
  expect(deployment('app_client')).toContain('envoy_poc_edge_deployment');
  expect(deployment('edge')).toContain('envoy_poc_app_server_deployment');
  expect(deployment('app_server')).toContain('envoy_poc_default_deny_network_policy');
  expect(dependenciesOf('envoy_poc_default_deny_network_policy')).toEqual(['envoy_poc_namespace']);
});

test('alone it needs no other layer, and there is no load balancer', async () => {
  const all = await run({ context: 'kind-poc' }, { published: {} });
  expect(all.resource('envoy_poc_kubernetes').inputs).toMatchObject({ context: 'kind-poc' });
  expect(all.resources.filter(({ type }) => type.endsWith(':Ingress'))).toEqual([]);
  expect(all.resources.filter(({ name }) => name.includes('load_balancer'))).toEqual([]);
  expect(bootstrapOf(all).text).not.toContain('172.245');
  expect(parseOutputs('workloads', 'dev', all.outputs).url).toBeUndefined();
});

test('alone with a load balancer of its own, which is told nothing of AWS', async () => {
  const { resource } = await run(
    { context: 'kind-poc', ingressClassName: 'nginx', loadBalancerCidrs: ['10.244.0.0/16'] },
    { published: {} },
  );
  const { metadata, spec } = resource('envoy_poc_edge_ingress').inputs as {
    metadata: { annotations: object };
    spec: unknown;
  };
  expect(spec).toMatchObject({ ingressClassName: 'nginx' });
  expect(Object.keys(metadata.annotations).join()).not.toMatch(/subnets|security-groups|tags/);
});

test.each(['network', 'cluster', 'registry', 'platform'] as const)(
  'without the %s layer it says which command deploys it',
  async (layer) => {
    const { [layer]: _, ...others } = published;
    await expect(run({}, { published: others })).rejects.toThrow(`npx nx run ${layer}:deploy --stack dev`);
  },
);
