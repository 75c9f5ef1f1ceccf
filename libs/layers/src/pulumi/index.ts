export { awsProvider, layerTags } from './aws-provider.ts';
export { childOptions } from './child-options.ts';
export { plainly, StackConfigError } from './errors.ts';
export { kubernetesProvider } from './kubernetes-provider.ts';
export { publish } from './publish.ts';
export { type Outputs, read, readOwn } from './read.ts';
export { readConfig, readLayerConfig } from './read-config.ts';
