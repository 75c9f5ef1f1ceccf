import { Provider } from '@pulumi/kubernetes/provider.js';
import * as pulumi from '@pulumi/pulumi';
import { createKubeconfig } from '../kubeconfig.ts';
import type { Outputs } from './read.ts';

/**
 * The cluster layer's cluster, as whoever deploys: the profile `aws:profile`, or else whoever the AWS CLI runs as. The
 * kubeconfig that the cluster layer publishes is for people, who are another principal.
 */
export function kubernetesProvider(cluster: Outputs<'cluster'>): Provider {
  const profile = new pulumi.Config('aws').get('profile');
  const { name, region, endpoint, certificateAuthority } = cluster;
  return new Provider('envoy_poc_kubernetes', {
    kubeconfig: pulumi
      .all([name, region, endpoint, certificateAuthority])
      .apply(([name, region, endpoint, certificateAuthority]) =>
        createKubeconfig({ name, region, endpoint, certificateAuthority, profile }),
      ),
    // Without it, another endpoint or authority would replace everything in the cluster.
    clusterIdentifier: name,
  });
}
