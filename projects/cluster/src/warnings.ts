import { controlPlanePrice, supportEnds, supportOn } from '@envoy-poc/aws-facts';
import type { ClusterConfig } from '@envoy-poc/layers/cluster';

/** What is allowed, and may still surprise. */
export function warningsOf(config: ClusterConfig, today: Date): string[] {
  return [...supportWarnings(config, today), ...accessWarnings(config)];
}

function supportWarnings({ version }: ClusterConfig, today: Date): string[] {
  const end = supportEnds[version]?.standard;
  if (end === undefined) return [];
  const over = supportOn(version, today) !== 'standard';
  const price = `${controlPlanePrice.extended.toFixed(2)} instead of ${controlPlanePrice.standard.toFixed(2)} $/h`;
  return [
    over
      ? `cluster:version ${version} left standard support on ${end}: the cluster costs ${price}. Newer versions are ` +
        'listed by aws eks describe-cluster-versions.'
      : `cluster:version ${version} leaves standard support on ${end}; from then on the cluster costs ${price}.`,
  ];
}

function accessWarnings({ adminPrincipalArns, kubectlProfile }: ClusterConfig): string[] {
  if (adminPrincipalArns.length > 0) return [];
  return [
    'cluster:adminPrincipalArns is empty: only the principal that creates the cluster can use it. Add the role of ' +
      `the CLI profile ${kubectlProfile}, unless it is the same.`,
  ];
}
