/**
 * How many pods a node of an instance type holds with the VPC CNI: an address each, of those its network interfaces
 * have, and two that use the node's own
 * (https://github.com/awslabs/amazon-eks-ami/blob/main/templates/shared/runtime/eni-max-pods.txt).
 */
export const podsPerNode: Readonly<Record<string, number>> = {
  't3.small': 11,
  't3.medium': 17,
  't3.large': 35,
  't3.xlarge': 58,
  't3a.small': 8,
  't3a.medium': 17,
  't3a.large': 35,
  't3a.xlarge': 58,
  't4g.small': 11,
  't4g.medium': 17,
  't4g.large': 35,
  't4g.xlarge': 58,
  'm5.large': 29,
  'm5.xlarge': 58,
  'm6g.large': 29,
  'm6g.xlarge': 58,
  'm6i.large': 29,
  'm6i.xlarge': 58,
  'm7g.large': 29,
  'm7g.xlarge': 58,
  'm7i.large': 29,
  'm7i.xlarge': 58,
  'c6g.large': 29,
  'c6g.xlarge': 58,
  'c6i.large': 29,
  'c6i.xlarge': 58,
  'c7g.large': 29,
  'c7g.xlarge': 58,
};
