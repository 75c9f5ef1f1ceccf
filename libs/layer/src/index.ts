export { awsProvider, layerTags } from './aws-provider.ts';
export { createKubeconfig, type KubeconfigArgs } from './kubeconfig.ts';
export { kubernetesProvider } from './kubernetes-provider.ts';
