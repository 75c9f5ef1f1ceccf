import { defineConfig } from 'vitest/config';

// What needs a Kubernetes cluster: npx nx run push-images:test-rig
export default defineConfig({ test: { include: ['**/*.rig.test.ts'], testTimeout: 240_000 } });
