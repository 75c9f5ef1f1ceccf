/** When EKS stops to support a Kubernetes version: the last days, ISO 8601. */
export interface SupportEnds {
  /** After that the control plane costs more. */
  readonly standard: string;
  /** After that EKS makes no such cluster any more, and moves those there are to a newer version. */
  readonly extended: string;
}

/** When {@link supportEnds} was last compared with its source. */
export const supportCheckedOn = '2026-11-23';

/**
 * By Kubernetes version, oldest first
 * (https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html#kubernetes-release-calendar,
 * as copied by https://endoflife.date/amazon-eks).
 */
export const supportEnds: Readonly<Record<string, SupportEnds>> = {
  '1.29': { standard: '2025-03-23', extended: '2026-03-23' },
  '1.30': { standard: '2025-07-23', extended: '2026-07-23' },
  '1.31': { standard: '2025-11-26', extended: '2026-11-26' },
  '1.32': { standard: '2026-03-23', extended: '2027-03-23' },
  '1.33': { standard: '2026-07-29', extended: '2027-07-29' },
  '1.34': { standard: '2026-12-02', extended: '2027-12-02' },
  '1.35': { standard: '2027-03-27', extended: '2028-03-27' },
};

/**
 * A version of the kube-proxy add-on for a Kubernetes version, as public configurations of that version have it. What
 * there is now: aws eks describe-addon-versions --addon-name kube-proxy --kubernetes-version <version>.
 */
export const kubeProxyVersions: Readonly<Record<string, string>> = {
  '1.33': 'v1.33.8-eksbuild.4',
  '1.34': 'v1.34.1-eksbuild.2',
  '1.35': 'v1.35.0-eksbuild.2',
};

/** Support of a Kubernetes version on a day; `unknown` when it is not in the table, as a newer one is. */
export function supportOn(version: string, today: Date): 'standard' | 'extended' | 'none' | 'unknown' {
  const ends = supportEnds[version];
  if (!ends) return 'unknown';
  if (today <= endOf(ends.standard)) return 'standard';
  return today <= endOf(ends.extended) ? 'extended' : 'none';
}

/** The newest version that is in standard support on a day, if the table knows one. */
export function newestSupported(today: Date): string | undefined {
  return Object.keys(supportEnds)
    .filter((version) => supportOn(version, today) === 'standard')
    .at(-1);
}

const endOf = (day: string) => new Date(`${day}T23:59:59Z`);

/** The minor version of a Kubernetes version: 33 of `1.33`. */
export function minorOf(version: string): number {
  return Number(version.split('.')[1]);
}
