// Everything here is pure: no Pulumi, no processes. What needs Pulumi's SDK is in ./pulumi.
export * from './apps.ts';
export { type Contract, exampleOf, type Layer, layers } from './contract.ts';
export { ContractError, ImageError } from './errors.ts';
export { foundations } from './foundations.ts';
export { ecrImageOf } from './image-reference.ts';
export { createKubeconfig, kubeconfigCommand } from './kubeconfig.ts';
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
export { nodesFor, roomOn, SYSTEM_PODS, systemPodsOn } from './pods.ts';
export { engineConfig, projectFileOf } from './project-file.ts';
export { type LayerConfig, layerFaults, parseLayerConfig } from './settings.ts';
export { elsewhere, type StatePlace, statePlaceOf } from './state-place.ts';
export { defaultTagsOf, type StackTags } from './tags.ts';
