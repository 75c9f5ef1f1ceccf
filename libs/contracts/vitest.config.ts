import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // An Output that fails does so in promises of Pulumi's own, which nothing can wait for; the engine reports them.
    onUnhandledError: (error) => !('__pulumiRunError' in error),
  },
});
