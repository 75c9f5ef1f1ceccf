import { defineConfig } from 'vitest/config';

// What previews layers by the real engine: npx nx run cost:test-rig
export default defineConfig({
  test: { include: ['**/*.rig.test.ts'], testTimeout: 300_000, reporters: ['verbose'] },
});
