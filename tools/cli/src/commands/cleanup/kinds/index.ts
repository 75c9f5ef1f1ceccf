import type { ResourceKind } from '../kind.ts';
import { clusterKinds } from './cluster.ts';
import { ec2Kinds } from './ec2.ts';
import { iamKinds } from './iam.ts';
import { storageKinds } from './storage.ts';

/** Everything that may be left, each kind after those that use it: the order to remove it in. */
export const kinds: readonly ResourceKind[] = [...clusterKinds, ...ec2Kinds, ...storageKinds, ...iamKinds];
