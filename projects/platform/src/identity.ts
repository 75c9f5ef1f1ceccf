import { setTimeout as sleep } from 'node:timers/promises';
import { controllerName, controllerNamespace } from '@envoy-poc/layers/platform';
import * as eks from '@pulumi/aws/eks/index.js';
import * as iam from '@pulumi/aws/iam/index.js';
import * as pulumi from '@pulumi/pulumi';
import { controllerPolicy, type PolicyScope, trustPolicy } from './policies.ts';

/**
 * An association takes several seconds to work, and a pod that starts earlier never gets credentials.
 * https://docs.aws.amazon.com/eks/latest/APIReference/API_CreatePodIdentityAssociation.html
 */
const SETTLE_SECONDS = 10;

export interface ControllerIdentityArgs {
  scope: pulumi.Output<PolicyScope>;
}

/** The role of the controller, given to its pods by EKS Pod Identity. */
export class ControllerIdentity extends pulumi.ComponentResource {
  readonly roleArn: pulumi.Output<string>;
  readonly associationId: pulumi.Output<string>;

  constructor(name: string, { scope }: ControllerIdentityArgs, options?: pulumi.ComponentResourceOptions) {
    super('envoy-poc:platform:ControllerIdentity', name, {}, options);
    const role = new iam.Role(
      'envoy_poc_load_balancer_controller_role',
      {
        description: 'The AWS Load Balancer Controller',
        assumeRolePolicy: scope.apply((scope) => JSON.stringify(trustPolicy(scope))),
      },
      { parent: this },
    );
    const policy = new iam.RolePolicy(
      'envoy_poc_load_balancer_controller_policy',
      { role: role.name, policy: scope.apply((scope) => JSON.stringify(controllerPolicy(scope))) },
      { parent: this },
    );
    const settle = new pulumi.ResourceHook('envoy_poc_pod_identity_settles', () =>
      sleep(SETTLE_SECONDS * 1000),
    );
    const association = new eks.PodIdentityAssociation(
      'envoy_poc_load_balancer_controller_pod_identity',
      {
        clusterName: scope.clusterName,
        namespace: controllerNamespace,
        serviceAccount: controllerName,
        roleArn: role.arn,
      },
      { parent: this, dependsOn: policy, hooks: { afterCreate: [settle] } },
    );
    this.roleArn = role.arn;
    this.associationId = association.associationId;
    this.registerOutputs({ roleArn: this.roleArn, associationId: this.associationId });
  }
}
