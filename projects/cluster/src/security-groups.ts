import { type GetSecurityGroupResult, getSecurityGroupOutput } from '@pulumi/aws/ec2/getSecurityGroup.js';
import * as pulumi from '@pulumi/pulumi';

/**
 * The id of a security group for nodes, once it is known to be fit for them.
 *
 * @throws {pulumi.RunError} through the Output, when it is not; see {@link checkUntagged}
 */
export function untagged(
  id: pulumi.Output<string>,
  clusterName: string,
  options: pulumi.InvokeOptions,
): pulumi.Output<string> {
  return getSecurityGroupOutput({ id }, options).apply((group) => {
    checkUntagged(group, clusterName);
    return group.id;
  });
}

/**
 * Makes sure that a security group is without the tag that only the one EKS makes may carry: with two so tagged on a
 * node, the load balancer controller refuses to work
 * (https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/security_groups/).
 *
 * @throws {pulumi.RunError} when it carries the tag
 */
export function checkUntagged(
  group: Pick<GetSecurityGroupResult, 'id' | 'name' | 'tags'>,
  clusterName: string,
): void {
  const tag = `kubernetes.io/cluster/${clusterName}`;
  if (!(tag in group.tags)) return;
  throw new pulumi.RunError(
    `security group ${group.id} (${group.name}) carries the tag ${tag}, and so does the one that EKS makes. With ` +
      'two on a node the load balancer controller refuses to work; remove the tag from this one.',
  );
}
