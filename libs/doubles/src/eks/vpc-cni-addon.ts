import * as awsEks from '@pulumi/aws/eks/index.js';
import * as pulumi from '@pulumi/pulumi';
import { checkArguments } from './arguments.ts';

/** What the component sets where its user sets nothing (`computeEnv`). */
const env = {
  AWS_VPC_ENI_MTU: '9001',
  AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: 'false',
  AWS_VPC_K8S_CNI_EXTERNALSNAT: 'false',
  AWS_VPC_K8S_CNI_LOGLEVEL: 'DEBUG',
  AWS_VPC_K8S_CNI_LOG_FILE: '/host/var/log/aws-routed-eni/ipamd.log',
  AWS_VPC_K8S_CNI_VETHPREFIX: 'eni',
  AWS_VPC_K8S_PLUGIN_LOG_FILE: '/var/log/aws-routed-eni/plugin.log',
  AWS_VPC_K8S_PLUGIN_LOG_LEVEL: 'DEBUG',
  ENABLE_POD_ENI: 'false',
  WARM_ENI_TARGET: '1',
};
const initEnv = { DISABLE_TCP_EARLY_DEMUX: 'false' };

/** The add-on vpc-cni (https://github.com/pulumi/pulumi-eks/blob/v4.3.0/nodejs/eks/addons/cni-addon.ts). */
export class VpcCniAddon extends pulumi.ComponentResource {
  constructor(name: string, inputs: pulumi.Inputs, options: pulumi.ComponentResourceOptions) {
    checkArguments('vpcCniOptions of eks.Cluster', inputs, [
      ...['clusterName', 'addonVersion', 'enableNetworkPolicy', 'tags'],
      ...['resolveConflictsOnCreate', 'resolveConflictsOnUpdate'],
    ]);
    super('eks:index:VpcCniAddon', name, {}, options);
    new awsEks.Addon(
      name,
      {
        clusterName: inputs.clusterName,
        ...{ addonName: 'vpc-cni', addonVersion: inputs.addonVersion, preserve: true, tags: inputs.tags },
        resolveConflictsOnCreate: inputs.resolveConflictsOnCreate ?? 'OVERWRITE',
        resolveConflictsOnUpdate: inputs.resolveConflictsOnUpdate ?? 'OVERWRITE',
        configurationValues: pulumi.output(inputs.enableNetworkPolicy).apply((enabled) =>
          JSON.stringify({
            ...(enabled !== undefined && { enableNetworkPolicy: String(enabled) }),
            ...{ env, init: { env: initEnv } },
          }),
        ),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
