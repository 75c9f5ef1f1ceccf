import * as z from 'zod';
import { apps, forEachApp } from '../apps.ts';
import { arn, region } from '../fields.ts';

const repository = z.object({
  name: z.string().min(2),
  url: z.string().regex(/^[^/\s]+\/[^\s:@]+$/, 'a repository URL: host/name, without scheme or tag'),
  arn: arn('ecr'),
});

/** What the registry layer publishes. */
export const registry = z.object({
  region: region.describe('the AWS region of the registry'),
  registryId: z
    .string()
    .regex(/^\d{12}$/, 'an AWS account id of 12 digits')
    .describe('the id of the registry, which is the AWS account id'),
  repositories: z
    .object(forEachApp(() => repository))
    .describe('the repository of each app, by the name of its folder under apps/'),
});

/** Valid sample values, in the shape AWS gives. */
export const registryExample: z.infer<typeof registry> = {
  region: 'us-east-1',
  registryId: '123456789012',
  repositories: forEachApp((app) => {
    const name = `example-${apps[app].repository}`;
    return {
      name,
      url: `123456789012.dkr.ecr.us-east-1.amazonaws.com/${name}`,
      arn: `arn:aws:ecr:us-east-1:123456789012:repository/${name}`,
    };
  }),
};
