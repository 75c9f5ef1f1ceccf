import { randomUUID } from 'node:crypto';
import type { Properties, Resource } from '../account/account.ts';
import { deleteLoadBalancer, makeLoadBalancer } from '../aws/load-balancers.ts';
import { changedAt } from '../provider/changed.ts';
import type { Behaviour, Wanted } from '../provider/double.ts';
import { parseUrn } from '../provider/urn.ts';
import { checkImages, checkMounts } from './pods.ts';

/** What all objects have. */
interface KubernetesObject {
  apiVersion?: string;
  kind?: string;
  metadata?: { name?: string; namespace?: string; annotations?: Record<string, string> };
  spec?: Properties;
}

/** Namespaces that every cluster has. */
const builtIn = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** Objects without a namespace, by the last part of their type. */
const clusterWide = ['Namespace', 'IngressClass', 'IngressClassParams'];

/** Where an object is: in another place it is another one. */
const placeOf = (type: string) =>
  type === RELEASE ? ['name', 'namespace'] : ['metadata.name', 'metadata.namespace'];

/** What cannot change in place besides, by kind. */
const immutable: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['spec.selector'],
  // https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/: of its spec only these may change: replicas, ordinals,
  // template, updateStrategy, revisionHistoryLimit, persistentVolumeClaimRetentionPolicy and minReadySeconds.
  StatefulSet: ['spec.selector', 'spec.serviceName', 'spec.podManagementPolicy'],
  ConfigMap: ['data'],
  IngressClass: ['spec.controller'],
};

const RELEASE = 'kubernetes:helm.sh/v3:Release';
const kindOf = (type: string) => type.split(':').at(-1) ?? '';
const runsPods = (kind: string) => kind === 'Deployment' || kind === 'StatefulSet';

/** Kubernetes on the EKS clusters of the account: objects are kept with what the controllers make of them. */
export const kubernetes: Behaviour = {
  version: '4.34.2',
  complete: ({ inputs }) => inputs,
  replacement(type, _, before, after) {
    const on = [...placeOf(type), ...(immutable[kindOf(type)] ?? [])].filter((path) =>
      changedAt(path, before, after),
    );
    // In another place the new object can stand beside the old one.
    return { on, deleteFirst: on.length > 0 && !placeOf(type).some((path) => on.includes(path)) };
  },

  create(resources, wanted) {
    const cluster = clusterOf(resources, wanted.urn);
    const objects = objectsOf(resources, cluster.id);
    const id = idOf(wanted);
    const twin = objects.find((other) => other.type === wanted.type && other.id === id);
    if (twin) throw new Error(`resource "${id}" already exists: ${parseUrn(twin.urn).name}`);
    checkObject(resources, objects, cluster, wanted);
    return {
      id,
      outputs: {
        cluster: cluster.id,
        ...(wanted.type === RELEASE
          ? { status: { status: 'deployed', revision: 1 } }
          : { metadata: { ...(wanted.inputs as KubernetesObject).metadata, uid: randomUUID() } }),
        ...statusOf(resources, wanted, id),
      },
    };
  },

  checkUpdate(resources, wanted) {
    const cluster = clusterOf(resources, wanted.urn);
    checkObject(resources, objectsOf(resources, cluster.id), cluster, wanted);
  },

  remove(resources, target) {
    const cluster = clusterOf(resources, target.urn);
    const objects = objectsOf(resources, cluster.id);
    if (kindOf(target.type) === 'Ingress') deleteLoadBalancer(resources, target, haveController(objects));
    const inside = objects.filter(({ inputs }) => namespaceOf(inputs) === target.id);
    if (kindOf(target.type) !== 'Namespace' || inside.length === 0) return;
    for (const object of inside) resources.splice(resources.indexOf(object), 1);
  },

  secondsOf(what, type) {
    const kind = kindOf(type);
    if (kind === 'Ingress') return what === 'create' ? 150 : 90;
    if (runsPods(kind) || kind === 'Release') return what === 'create' ? 45 : 30;
    return 1;
  },
};

/**
 * The cluster of a stack.
 *
 * @throws {Error} when it is not there, as somebody sees it who calls its API server
 */
function clusterOf(resources: readonly Resource[], urn: string): Resource {
  const { stack } = parseUrn(urn);
  const cluster = resources.find(
    (candidate) => candidate.type === 'aws:eks/cluster:Cluster' && parseUrn(candidate.urn).stack === stack,
  );
  if (cluster) return cluster;
  throw new Error('configured Kubernetes cluster is unreachable: no such host');
}

function objectsOf(resources: readonly Resource[], cluster: string): Resource[] {
  return resources.filter(
    ({ type, outputs }) => type.startsWith('kubernetes:') && outputs.cluster === cluster,
  );
}

function checkObject(
  resources: readonly Resource[],
  objects: readonly Resource[],
  cluster: Resource,
  { type, inputs }: Wanted,
): void {
  const kind = kindOf(type);
  const namespace = namespaceOf(inputs);
  const known = objects.some((object) => kindOf(object.type) === 'Namespace' && object.id === namespace);
  if (!clusterWide.includes(kind) && !builtIn.includes(namespace) && !known) {
    throw new Error(`namespaces "${namespace}" not found`);
  }
  if (runsPods(kind) || type === RELEASE) checkNodes(resources, cluster);
  if (runsPods(kind)) {
    checkMounts(objects, namespace, inputs);
    checkImages(resources, inputs);
  }
  if (type === RELEASE) checkIdentity(resources, cluster, inputs);
  if (kind.startsWith('IngressClass') && !haveController(objects)) {
    throw new Error(
      `no matches for kind "${kind}": the load balancer controller and its CRDs are not installed`,
    );
  }
  if (kind !== 'Ingress') return;
  const { ingressClassName } = (inputs as { spec: { ingressClassName: string } }).spec;
  const served = objects.some(
    (object) => kindOf(object.type) === 'IngressClass' && object.id === ingressClassName,
  );
  if (!served || !haveController(objects)) {
    throw new Error(`timed out: Ingress has no address, because nobody serves the class ${ingressClassName}`);
  }
}

function checkNodes(resources: readonly Resource[], cluster: Resource): void {
  const nodes = resources.some(
    ({ type, inputs }) => type === 'aws:eks/nodeGroup:NodeGroup' && inputs.clusterName === cluster.id,
  );
  if (!nodes) throw new Error('timed out: pods are Pending, 0/0 nodes are available');
}

/** A controller that starts before its identity is there never gets credentials. */
function checkIdentity(resources: readonly Resource[], cluster: Resource, inputs: Properties): void {
  const { name } = ((inputs.values ?? {}) as { serviceAccount?: { name?: string } }).serviceAccount ?? {};
  const identity = resources.some(
    (other) =>
      other.type === 'aws:eks/podIdentityAssociation:PodIdentityAssociation' &&
      other.inputs.clusterName === cluster.id &&
      other.inputs.namespace === inputs.namespace &&
      other.inputs.serviceAccount === name,
  );
  if (!identity)
    throw new Error(`timed out: ${name} is not ready, NoCredentialProviders: no valid providers in chain`);
}

function haveController(objects: readonly Resource[]): boolean {
  return objects.some(({ type }) => type === RELEASE);
}

function statusOf(resources: Resource[], wanted: Wanted, id: string): Properties {
  const kind = kindOf(wanted.type);
  if (runsPods(kind)) {
    const { replicas } = (wanted.inputs as { spec: { replicas: number } }).spec;
    return { status: { replicas, readyReplicas: replicas, availableReplicas: replicas } };
  }
  if (kind !== 'Ingress') return {};
  const hostname = makeLoadBalancer(resources, wanted, id);
  return { status: { loadBalancer: { ingress: [{ hostname }] } } };
}

function namespaceOf(inputs: Properties): string {
  return String((inputs as KubernetesObject).metadata?.namespace ?? inputs.namespace ?? 'default');
}

function idOf({ type, inputs }: Wanted): string {
  const name = String((inputs as KubernetesObject).metadata?.name ?? inputs.name);
  return clusterWide.includes(kindOf(type)) ? name : `${namespaceOf(inputs)}/${name}`;
}
