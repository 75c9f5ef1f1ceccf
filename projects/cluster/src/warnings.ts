import type { ClusterConfig } from './config.ts';

/**
 * The last day of standard support on EKS, by Kubernetes version
 * (https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html).
 */
const standardSupportEnds: Readonly<Record<string, string>> = {
  '1.30': '2025-07-23',
  '1.31': '2025-11-26',
  '1.32': '2026-03-23',
  '1.33': '2026-07-29',
  '1.34': '2026-12-02',
  '1.35': '2027-03-27',
};

/** $ an hour for a cluster (https://aws.amazon.com/eks/pricing/). */
const PRICE = { standard: 0.1, extended: 0.6 };

/** What is allowed, and may still surprise. */
export function warningsOf(config: ClusterConfig, today: Date): string[] {
  return [...supportWarnings(config, today), ...accessWarnings(config)];
}

function supportWarnings({ version }: ClusterConfig, today: Date): string[] {
  const end = standardSupportEnds[version];
  if (end === undefined) return [];
  const over = today > new Date(`${end}T23:59:59Z`);
  const price = `${PRICE.extended.toFixed(2)} instead of ${PRICE.standard.toFixed(2)} $/h`;
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
