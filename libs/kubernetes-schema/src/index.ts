export { type KubernetesManifest, manifestFaults } from './manifest-faults.ts';
