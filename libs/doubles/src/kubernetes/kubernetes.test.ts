import { describe, expect, test } from 'vitest';
import type { Properties, Resource } from '../account/account.ts';
import { kubernetes } from './kubernetes.ts';

const digest = `sha256:${'0'.repeat(64)}`;
const image = `123456789012.dkr.ecr.us-east-1.amazonaws.com/app@${digest}`;
const urnOf = (type: string, name: string) => `urn:pulumi:dev::workloads::${type}::${name}`;

/** An account with a cluster, nodes, two subnets, an identity and an image. */
function account() {
  const resources: Resource[] = [];
  const put = (type: string, id: string, inputs: Properties) => {
    resources.push({ type, id, urn: urnOf(type, id), inputs, outputs: {} });
  };
  put('aws:eks/cluster:Cluster', 'c', { name: 'c' });
  put('aws:eks/nodeGroup:NodeGroup', 'nodes', { clusterName: 'c' });
  put('aws:ec2/subnet:Subnet', `subnet-${'1'.repeat(17)}`, { availabilityZone: 'a' });
  put('aws:ec2/subnet:Subnet', `subnet-${'2'.repeat(17)}`, { availabilityZone: 'b' });
  put('aws:eks/podIdentityAssociation:PodIdentityAssociation', 'identity', {
    ...{ clusterName: 'c', namespace: 'kube-system', serviceAccount: 'controller' },
  });
  put('aws:ecr/image:Image', digest, { repositoryName: 'app', imageDigest: digest });
  return {
    resources,
    make(type: string, inputs: Properties): Resource {
      const wanted = { type, urn: urnOf(type, `r${resources.length}`), inputs };
      const made = { ...wanted, ...kubernetes.create(resources, wanted) };
      resources.push(made);
      return made;
    },
    without(type: string) {
      const index = resources.findIndex((resource) => resource.type.endsWith(`:${type}`));
      resources.splice(index, 1);
    },
  };
}

const namespace = { metadata: { name: 'n' } };
const serviceAccount = { metadata: { name: 'a', namespace: 'n' } };
const release = { name: 'lb', namespace: 'kube-system', values: { serviceAccount: { name: 'controller' } } };
const deployment = {
  metadata: { name: 'd', namespace: 'n' },
  spec: { replicas: 2, template: { spec: { serviceAccountName: 'a', containers: [{ name: 'd', image }] } } },
};
const ingress = {
  metadata: {
    ...{ name: 'i', namespace: 'n' },
    annotations: {
      'alb.ingress.kubernetes.io/subnets': `subnet-${'1'.repeat(17)},subnet-${'2'.repeat(17)}`,
    },
  },
  spec: { ingressClassName: 'alb' },
};
const types = {
  namespace: 'kubernetes:core/v1:Namespace',
  serviceAccount: 'kubernetes:core/v1:ServiceAccount',
  deployment: 'kubernetes:apps/v1:Deployment',
  release: 'kubernetes:helm.sh/v3:Release',
  ingressClass: 'kubernetes:networking.k8s.io/v1:IngressClass',
  ingress: 'kubernetes:networking.k8s.io/v1:Ingress',
};

describe.each(['Deployment', 'StatefulSet'])('a %s', (kind) => {
  const controller = `kubernetes:apps/v1:${kind}`;
  test('is ready when its namespace, ServiceAccount, image and nodes are there', () => {
    const { make } = account();
    make(types.namespace, namespace);
    make(types.serviceAccount, serviceAccount);
    expect(make(controller, deployment).outputs.status).toMatchObject({ readyReplicas: 2 });
  });

  test.each([
    ['Namespace', 'namespaces "n" not found'],
    ['ServiceAccount', 'ServiceAccount "a" not found'],
    ['Image', 'ImagePullBackOff'],
    ['NodeGroup', 'pods are Pending'],
    ['Cluster', 'cluster is unreachable'],
  ])('without its %s is not', (type, message) => {
    const { make, without } = account();
    make(types.namespace, namespace);
    make(types.serviceAccount, serviceAccount);
    without(type);
    expect(() => make(controller, deployment)).toThrow(message);
  });
});

test('a controller without its identity is never ready', () => {
  const { make, without } = account();
  without('PodIdentityAssociation');
  expect(() => make(types.release, release)).toThrow('NoCredentialProviders');
});

describe('an Ingress', () => {
  function withClass() {
    const all = account();
    all.make(types.namespace, namespace);
    all.make(types.release, release);
    all.make(types.ingressClass, { metadata: { name: 'alb' } });
    return all;
  }
  const loadBalancers = (resources: Resource[]) => resources.filter(({ type }) => type.startsWith('aws:lb/'));

  test('makes a load balancer, which goes with it', () => {
    const { resources, make } = withClass();
    const made = make(types.ingress, ingress);
    expect(made.outputs.status).toMatchObject({
      loadBalancer: { ingress: [{ hostname: expect.stringContaining('.elb.') }] },
    });
    expect(loadBalancers(resources)).toHaveLength(1);
    kubernetes.remove(resources, made);
    expect(loadBalancers(resources)).toEqual([]);
  });

  test('that moves to another namespace has two for a while, and the old one goes with the old place', () => {
    const { resources, make } = withClass();
    make(types.namespace, { metadata: { name: 'm' } });
    const old = make(types.ingress, ingress);
    const moved = { ...ingress, metadata: { ...ingress.metadata, namespace: 'm' } };
    const wanted = { type: types.ingress, urn: old.urn, inputs: moved };
    const made = kubernetes.create(resources, wanted);
    resources.push({ ...wanted, ...made });
    const [first, second] = loadBalancers(resources);
    // The newer one first, so that it is not by its place that the right one goes.
    resources.splice(resources.indexOf(first as Resource), 1);
    resources.push(first as Resource);
    kubernetes.remove(resources, old);
    expect(loadBalancers(resources)).toEqual([second]);
  });

  test('that nobody serves has no address', () => {
    const { make } = account();
    make(types.namespace, namespace);
    expect(() => make(types.ingress, ingress)).toThrow('nobody serves the class alb');
  });

  test('never goes when the controller went before', () => {
    const { resources, make, without } = withClass();
    const made = make(types.ingress, ingress);
    without('Release');
    expect(() => kubernetes.remove(resources, made)).toThrow('no controller removes it');
    expect(loadBalancers(resources)).toHaveLength(1);
  });
});

test.each([
  ['another namespace', { namespace: 'm' }, 'metadata.namespace', false],
  ['another name', { name: 'e' }, 'metadata.name', false],
])('an object in %s is made before the old one goes', (_, change, on, deleteFirst) => {
  const after = { ...deployment, metadata: { ...deployment.metadata, ...change } };
  expect(kubernetes.replacement(types.deployment, '', deployment, after)).toEqual({ on: [on], deleteFirst });
});

test('an object that cannot change goes before the new one is in its place', () => {
  const type = 'kubernetes:core/v1:ConfigMap';
  const map = (data: object) => ({ metadata: { name: 'c', namespace: 'n' }, data });
  expect(kubernetes.replacement(type, '', map({ a: '1' }), map({ a: '2' }))).toEqual({
    on: ['data'],
    deleteFirst: true,
  });
});
