import type { Layer } from '@envoy-poc/layers';
import { publish } from '@envoy-poc/layers/pulumi';
import * as pulumi from '@pulumi/pulumi';

/** A layer that makes nothing and publishes what its configuration says; or fails, as that says too. */
export default function publishedLayer() {
  const config = new pulumi.Config();
  if (config.getBoolean('fails')) throw new pulumi.RunError('fails, as configured');
  return publish(pulumi.getProject() as Layer, config.requireObject('outputs'));
}
