import { controllerName, controllerNamespace, ingressClassName } from '@envoy-poc/layers/platform';
import { awsProvider, kubernetesProvider, publish, read, readLayerConfig } from '@envoy-poc/layers/pulumi';
import * as pulumi from '@pulumi/pulumi';
import { Controller } from './controller.ts';
import { ControllerIdentity } from './identity.ts';
import { IngressClass } from './ingress-class.ts';
import { scopeOf } from './policies.ts';

/** The platform layer. */
export default async function platform() {
  const { chartVersion } = readLayerConfig('platform');
  const network = await read('network');
  const cluster = await read('cluster');

  const aws = awsProvider();
  const kubernetes = kubernetesProvider(cluster);
  const scope = pulumi
    .all([cluster.nodeRoleArn, cluster.region, cluster.name])
    .apply(([arn, region, name]) => scopeOf(arn, region, name));
  const identity = new ControllerIdentity(
    'envoy_poc_load_balancer_controller_identity',
    { scope },
    { providers: [aws] },
  );
  const controller = new Controller(
    'envoy_poc_load_balancer_controller',
    {
      chartVersion,
      clusterName: cluster.name,
      region: cluster.region,
      vpcId: network.vpcId,
      podIdentityAssociationId: identity.associationId,
    },
    { providers: [kubernetes], dependsOn: identity },
  );
  const ingressClass = new IngressClass(
    'envoy_poc_alb_ingress_class',
    { name: ingressClassName },
    { providers: [kubernetes], dependsOn: controller },
  );

  return publish('platform', {
    ingressClassName: ingressClass.name,
    loadBalancerController: {
      release: controllerName,
      namespace: controllerNamespace,
      chartVersion,
      roleArn: identity.roleArn,
    },
  });
}
