import { z } from 'zod';

/** The configuration of the registry layer, by the keys of `Pulumi.yaml`, which describes them and holds the defaults. */
export const registryConfig = z.object({
  repositoryPrefix: z
    .string()
    .regex(
      /^[a-z0-9]+([._/-][a-z0-9]+)*$/,
      'lower case letters and digits, joined by hyphens, dots, underscores or slashes',
    )
    .max(200, 'at most 200 characters'),
  keepImages: z
    .int('a whole number')
    .min(2, 'must be 2 or more: the one that runs and the one to go back to'),
  untaggedDays: z.int('a whole number').min(1, 'must be 1 or more'),
  forceDelete: z.boolean('true or false'),
});
