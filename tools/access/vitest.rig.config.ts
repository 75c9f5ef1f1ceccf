import { defineConfig } from 'vitest/config';

// What needs a Kubernetes cluster: npx nx run access:test-rig
export default defineConfig({
  test: { include: ['**/*.rig.test.ts'], testTimeout: 240_000, hookTimeout: 240_000 },
});
