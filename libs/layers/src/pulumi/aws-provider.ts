import * as aws from '@pulumi/aws/provider.js';
import * as pulumi from '@pulumi/pulumi';
import { defaultTagsOf, type StackTags } from '../tags.ts';
/**
 * The tags every AWS resource carries: those of `aws:defaultTags`, the layer that owns it, and the stack.
 *
 * @throws {pulumi.RunError} when the configuration has no tag `project`
 */
export function layerTags(): StackTags & Record<string, string> {
  const tags = defaultTagsOf(new pulumi.Config('aws').get('defaultTags'));
  if (!tags) throw new pulumi.RunError('aws:defaultTags has no tag "project": npx envoy-poc init writes it');
  return { ...tags, layer: pulumi.getProject(), stack: pulumi.getStack() };
}

/**
 * The AWS account of this stack: region and profile as `aws:region` and `aws:profile` say, every resource tagged.
 * With `aws:allowedAccountIds` AWS is asked first whose account it is, and any other is refused.
 * Pass it down by the `providers` of a layer's component, so that no resource misses the tags.
 *
 * @throws {pulumi.RunError} when `aws:region` is not set
 */
export function awsProvider(): aws.Provider {
  const config = new pulumi.Config('aws');
  const profile = config.get('profile');
  const allowedAccountIds = config.getObject<string[]>('allowedAccountIds');
  return new aws.Provider('envoy_poc_aws', {
    region: config.require('region'),
    ...(profile === undefined ? {} : { profile }),
    ...(allowedAccountIds === undefined ? {} : { allowedAccountIds }),
    defaultTags: { tags: layerTags() },
  });
}
