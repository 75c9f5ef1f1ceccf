import { childOptions } from '@envoy-poc/layers/pulumi';
import * as eks from '@pulumi/aws/eks/index.js';
import { ComponentResource, type ComponentResourceOptions } from '@pulumi/pulumi';

export interface AddonsArgs {
  clusterName: string;
  coreDnsVersion: string;
  podIdentityAgentVersion: string;
}

/** The add-ons that need nodes to become healthy; the others come with the control plane. */
export class Addons extends ComponentResource {
  constructor(name: string, args: AddonsArgs, options?: ComponentResourceOptions) {
    super('envoy-poc:cluster:Addons', name, {}, options);
    const addon = (logicalName: string, addonName: string, addonVersion: string) =>
      new eks.Addon(
        logicalName,
        {
          clusterName: args.clusterName,
          addonName,
          addonVersion,
          resolveConflictsOnCreate: 'OVERWRITE',
          resolveConflictsOnUpdate: 'OVERWRITE',
        },
        childOptions(this, options),
      );
    addon('envoy_poc_coredns_addon', 'coredns', args.coreDnsVersion);
    addon('envoy_poc_pod_identity_agent_addon', 'eks-pod-identity-agent', args.podIdentityAgentVersion);
    this.registerOutputs();
  }
}
