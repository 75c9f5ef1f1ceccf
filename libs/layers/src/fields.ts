import * as z from 'zod';

/** An EC2 resource id of a kind, such as `vpc-0a1b…`: 8 or 17 hexadecimal digits after the prefix. */
export const resourceId = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}-[0-9a-f]{8,17}$`), `an id that starts with ${prefix}-`);

/** An IPv4 range such as `172.245.0.0/16`. */
export const ipv4Cidr = z.cidrv4('an IPv4 range such as 10.0.0.0/16');

/** An AWS region such as `us-east-1`. */
export const region = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS region such as us-east-1');

/** An availability zone such as `us-east-1a`. */
export const availabilityZone = z
  .string()
  .regex(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, 'an availability zone such as us-east-1a');

/** An ARN of a service, such as `arn:aws:iam::123456789012:role/name`. */
export const arn = (service: string) =>
  z.string().regex(new RegExp(`^arn:aws[a-z-]*:${service}:`), `an ARN of ${service}`);

/** A Kubernetes object name (RFC 1123 label): lower case letters, digits and hyphens, at most 63. */
export const kubernetesName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'a Kubernetes name');

/** The value of a tag that every AWS service takes (https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html). */
export const tagValue = z
  .string()
  .regex(
    /^[\p{L}\p{N}_.:/=+@-]([\p{L}\p{N} _.:/=+@-]{0,254}[\p{L}\p{N}_.:/=+@-])?$/u,
    'letters, digits, spaces and _.:/=+-@, at most 256',
  );
