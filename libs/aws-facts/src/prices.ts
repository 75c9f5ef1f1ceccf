/** $ an hour for a cluster's control plane, by support of its Kubernetes version (https://aws.amazon.com/eks/pricing/). */
export const controlPlanePrice = { standard: 0.1, extended: 0.6 } as const;
