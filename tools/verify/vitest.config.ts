import { defaultExclude, defineConfig } from 'vitest/config';

// A refused WebSocket is tried again for 5 s, on two slow processors too.
export default defineConfig({
  test: { testTimeout: 30_000, exclude: [...defaultExclude, '**/*.rig.test.ts'] },
});
