import {
  type Demand,
  defaultDemand,
  defaultLimits,
  demandSchema,
  type Limits,
  limitsSchema,
} from '@envoy-poc/edge';
import { deployments } from '@envoy-poc/layers/workloads';
import { CheckError } from '#runtime';
import { askKubernetes, type Kubernetes } from '../verify/observed/kubernetes.ts';
import type { Member } from './members.ts';

/** The limits of a platform, and what its clients want. */
export interface Terms {
  readonly limits: Limits;
  readonly demand: Demand;
}

/** Settings of pods by field, as the workloads layer writes them into their environment. */
const ofServer = { connectionsPerPod: 'CONNECTIONS_PER_POD' };
const ofPicker = {
  newConnectionsPerSecond: 'NEW_CONNECTIONS_PER_SECOND',
  newConnectionsPerSecondPerClient: 'NEW_CONNECTIONS_PER_SECOND_PER_CLIENT',
};
const ofClient = { connectionsPerClient: 'CONNECTIONS_PER_CLIENT' };

/** Where limits are read. */
interface TermsPlace {
  readonly kubernetes: Kubernetes;
  readonly namespace: string;
  /** What the workloads layer published, where that is known: for what no pod says. */
  readonly published?: Terms;
}

/**
 * The terms that hold now, by the pods that run: they know of a deploy, and of what was set by hand, before anybody else.
 *
 * @param before those that held until now, for what no pod says any more
 * @throws {CheckError} when nobody says a limit
 */
export async function termsOf(members: readonly Member[], place: TermsPlace, before?: Terms): Promise<Terms> {
  const { namespace, published } = place;
  const known = before ?? published;
  const of = (workload: Member['workload']) => members.filter((one) => one.workload === workload);
  // Of two kinds the newer one is what will be.
  const last = (workload: Member['workload']) =>
    of(workload)
      .filter(({ leaving }) => !leaving)
      .at(-1);
  const [server, edge, picker] = [last('server'), last('edge'), last('picker')];
  const shares = picker || !edge ? {} : await sharesOf(edge, await edgesWanted(place), place);
  const settings = { ...settingsIn(server, ofServer), ...settingsIn(picker, ofPicker), ...shares };
  if (!known && !('connectionsPerPod' in settings && 'newConnectionsPerSecond' in settings)) {
    throw new CheckError(
      `no pod in namespace ${namespace} says the limits: there is no server, or neither a picker nor an edge`,
      `kubectl --namespace ${namespace} get pods`,
    );
  }
  const limits = limitsSchema.parse({
    ...(known?.limits ?? defaultLimits),
    // Who says the rate says this too, or it is not limited.
    ...((picker ?? edge) && { newConnectionsPerSecondPerClient: undefined }),
    ...settings,
    ...((picker ?? edge) && { admission: picker ? 'exact' : 'shared' }),
    serverReplicas: Math.max(1, of('server').filter(({ ready, leaving }) => ready && !leaving).length),
    edgeReplicas: await edgesWanted(place),
  });
  const demand = demandSchema.parse({
    ...(known?.demand ?? defaultDemand),
    ...settingsIn(last('client'), ofClient),
    clientReplicas: of('client').length,
  });
  return { limits, demand };
}

/** How many edges the rate is divided by. */
async function edgesWanted({ kubernetes, namespace, published }: TermsPlace): Promise<number> {
  if (published) return published.limits.edgeReplicas;
  const name = deployments.edge;
  const found = await askKubernetes(kubernetes, `Deployment ${name} in ${namespace}`, () =>
    kubernetes.apps.readNamespacedDeployment({ name, namespace }),
  );
  return Math.max(1, found?.spec?.replicas ?? 1);
}

/** Whether pods of two kinds decide on the rate: a change of it is under way. */
export function isRolling(members: readonly Member[]): boolean {
  return (['edge', 'picker'] as const).some((workload) => {
    const revisions = members.filter((one) => one.workload === workload).map(({ revision }) => revision);
    return new Set(revisions).size > 1;
  });
}

function settingsIn(
  member: Member | undefined,
  variables: Readonly<Record<string, string>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([field, variable]) => {
      const value = Number(member?.env[variable] || Number.NaN);
      return Number.isNaN(value) ? [] : [[field, value]];
    }),
  );
}

/** Envoy's `token_bucket` of an edge's share. */
interface TokenBucket {
  readonly tokens_per_fill: number;
  /** Such as `3s`. */
  readonly fill_interval: string;
}

/** An edge's share of the rate, of all clients and of one, in its configuration. */
interface Shares {
  readonly stat_prefix?: string;
  readonly token_bucket?: TokenBucket;
  readonly descriptors?: readonly { readonly token_bucket: TokenBucket }[];
}

/** The rate of all edges together, of the share that one has in its configuration. */
async function sharesOf(
  { configMaps: [name] }: Member,
  edges: number,
  { kubernetes, namespace }: TermsPlace,
): Promise<Partial<Limits>> {
  if (name === undefined) return {};
  const found = await askKubernetes(kubernetes, `ConfigMap ${name} in ${namespace}`, () =>
    kubernetes.core.readNamespacedConfigMap({ name, namespace }),
  );
  const [text = '{}'] = Object.values(found?.data ?? {});
  let shares: Shares = {};
  JSON.parse(text, (_, value: Shares | null) => {
    if (value?.stat_prefix === 'upgrade') shares = value;
    return value;
  });
  const all = ({ tokens_per_fill: tokens, fill_interval: interval }: TokenBucket) =>
    Number(((tokens / Number.parseFloat(interval)) * edges).toPrecision(6));
  const ofClient = shares.descriptors?.[0]?.token_bucket;
  return {
    ...(shares.token_bucket && { newConnectionsPerSecond: all(shares.token_bucket) }),
    ...(ofClient && { newConnectionsPerSecondPerClient: all(ofClient) }),
  };
}
