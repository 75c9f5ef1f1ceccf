import type { Kind } from '../kind.ts';
import { clusterKinds } from './cluster.ts';
import { computeKinds } from './compute.ts';
import { iamKinds } from './iam.ts';
import { loadBalancerKinds } from './load-balancers.ts';
import { networkKinds } from './network.ts';
import { storageKinds } from './storage.ts';

/** Everything that may be left, each kind after those that use it: the order to remove it in. */
export const kinds: readonly Kind[] = [
  ...loadBalancerKinds,
  ...clusterKinds,
  ...computeKinds,
  ...networkKinds,
  ...storageKinds,
  ...iamKinds,
];
