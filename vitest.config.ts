import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Workers and the processes that tests start load the same packages again and again.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/node');

/** What every project's tests share; a project that needs more merges its own into it. */
export default defineConfig({
  test: {
    setupFiles: [join(import.meta.dirname, 'vitest.setup.ts')],
    // Modules are loaded once a worker: no test replaces one, and Pulumi and the AWS SDK take long to load.
    isolate: false,
    // Node runs this code as it is.
    experimental: { viteModuleRunner: false },
    // Many tests start processes, and a busy machine must not make that a failure.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // An Output that fails does so in promises of Pulumi's own, which nothing can wait for; the engine reports them.
    onUnhandledError: (error) => !('__pulumiRunError' in error),
  },
});
