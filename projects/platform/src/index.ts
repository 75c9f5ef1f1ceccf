import { controllerName, controllerNamespace } from '@envoy-poc/layers/platform';
import { awsProvider, kubernetesProvider, publish, read, readLayerConfig } from '@envoy-poc/layers/pulumi';
import * as pulumi from '@pulumi/pulumi';
import { createController } from './controller.ts';
import { createIdentity } from './identity.ts';
import { createIngressClass } from './ingress-class.ts';
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
  const { role, association } = createIdentity(scope, { provider: aws });
  const controller = createController(
    chartVersion,
    {
      clusterName: cluster.name,
      region: cluster.region,
      vpcId: network.vpcId,
      podIdentityAssociationId: association.associationId,
    },
    { provider: kubernetes, dependsOn: association },
  );
  const ingressClass = createIngressClass({ provider: kubernetes, dependsOn: controller });

  return publish('platform', {
    ingressClassName: ingressClass.metadata.name,
    loadBalancerController: {
      release: controllerName,
      namespace: controllerNamespace,
      chartVersion,
      roleArn: role.arn,
    },
  });
}
