export { type Manifest, manifestFaults } from './manifest-faults.ts';
