import * as aws from '@pulumi/aws/provider.js';
import * as pulumi from '@pulumi/pulumi';
import type { Layer } from '../contract.ts';
import { tagsOf } from '../tags.ts';

/** The tags every AWS resource carries: the product, the layer that owns it, and the stack. */
export function layerTags(): ReturnType<typeof tagsOf> {
  return tagsOf(pulumi.getProject() as Layer, pulumi.getStack());
}

/**
 * The AWS account of this stack: region and profile as `aws:region` and `aws:profile` say, every resource tagged.
 * Pass it down by the `providers` of a layer's component, so that no resource misses the tags.
 *
 * @throws {pulumi.RunError} when `aws:region` is not set
 */
export function awsProvider(): aws.Provider {
  const config = new pulumi.Config('aws');
  const profile = config.get('profile');
  return new aws.Provider('envoy_poc_aws', {
    region: config.require('region'),
    ...(profile === undefined ? {} : { profile }),
    defaultTags: { tags: layerTags() },
  });
}
