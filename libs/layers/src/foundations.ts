import type { Contract, Layer } from './contract.ts';

/**
 * What resources of other layers stand on: the outputs that cannot change, not even in part, while a layer that reads
 * them has resources. All other outputs may: whoever reads them follows at its next deploy. To what is here more may be
 * added, such as a third zone.
 */
export const foundations: { [L in Layer]: readonly (keyof Contract<L> & string)[] } = {
  network: [
    ...(['region', 'vpcId', 'vpcCidr', 'internalCidrs'] as const),
    ...(['publicSubnets', 'privateSubnets', 'controlPlaneZones', 'securityGroupIds'] as const),
  ],
  cluster: ['name', 'region', 'endpoint', 'certificateAuthority', 'clusterSecurityGroupId'],
  registry: ['region', 'registryId', 'repositories'],
  platform: ['ingressClassName'],
  workloads: [],
};
