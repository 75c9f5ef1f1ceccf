export { awsProvider, layerTags } from './aws-provider.ts';
