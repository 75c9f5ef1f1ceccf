import { z } from 'zod';
import { formatCidr, parseCidr } from './ipv4.ts';

/** An IPv4 range as AWS writes it: nothing set after the prefix. */
export const cidr = z.cidrv4('an IPv4 range such as 10.64.0.0/16').superRefine((value, { addIssue }) => {
  const { first, size } = parseCidr(value);
  const aligned = formatCidr({ first: first - (first % size), size });
  if (value !== aligned) addIssue(`does not start on its own boundary; try ${aligned}`);
});

/** Ranges that may do something, each named once. */
export const cidrs = z
  .array(cidr)
  .min(1, 'at least one range, for example 0.0.0.0/0 for the whole internet')
  .superRefine((ranges, { addIssue }) => {
    const twice = ranges.filter((range, index) => ranges.indexOf(range) < index);
    if (twice.length > 0) addIssue(`names ${[...new Set(twice)].join(' and ')} twice; name each range once`);
  });
