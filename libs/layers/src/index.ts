// Everything here is pure: no Pulumi, no processes. What needs Pulumi's SDK is in ./pulumi.
export * from './apps.ts';
export { type Contract, exampleOf, type Layer, layers, schemas } from './contract.ts';
export { ContractError, type ContractErrorCode, ImageError, LayerError } from './errors.ts';
export { foundations } from './foundations.ts';
export { type EcrImage, ecrImageOf } from './image-reference.ts';
export { createKubeconfig, type KubeconfigArgs, kubeconfigCommand } from './kubeconfig.ts';
export { deployCommand, noStackError, parseOutputs } from './parse.ts';
export { type ConfigFault, parseConfig } from './parse-config.ts';
export {
  backendUrl,
  firstStackOf,
  layerNames,
  newStack,
  type PlatformFile,
  type PlatformStack,
  parsePlatformFile,
  platformFileOf,
  profilesOf,
} from './platform-file.ts';
export { nodesFor, PODS_ON_EACH_NODE, roomOn, SYSTEM_PODS, systemPodsOn } from './pods.ts';

export { engineConfig, type ProjectFile, projectFileOf } from './project-file.ts';
export { type LayerConfig, layerFaults, layerSettings, parseLayerConfig } from './settings.ts';
export { elsewhere, type StatePlace, statePlaceOf } from './state-place.ts';
export { defaultTagsOf, product, type StackTags } from './tags.ts';
