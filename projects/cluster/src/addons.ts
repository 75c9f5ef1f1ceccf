import type { ClusterConfig } from '@envoy-poc/layers/cluster';
import * as eks from '@pulumi/aws/eks/index.js';
import type { CustomResourceOptions } from '@pulumi/pulumi';

/** The add-ons that need nodes to become healthy; the others come with the control plane. */
export function createAddons(config: ClusterConfig, options: CustomResourceOptions): void {
  const addon = (logicalName: string, addonName: string, addonVersion: string) =>
    new eks.Addon(
      logicalName,
      {
        clusterName: config.name,
        addonName,
        addonVersion,
        resolveConflictsOnCreate: 'OVERWRITE',
        resolveConflictsOnUpdate: 'OVERWRITE',
      },
      options,
    );
  addon('envoy_poc_coredns_addon', 'coredns', config.coreDnsVersion);
  addon('envoy_poc_pod_identity_agent_addon', 'eks-pod-identity-agent', config.podIdentityAgentVersion);
}
