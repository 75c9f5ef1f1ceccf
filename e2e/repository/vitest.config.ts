import { mergeConfig } from 'vitest/config';
import shared from '../../vitest.config.ts';

export default mergeConfig(shared, {
  logLevel: 'error',
  // It imports JSON in a way that only bundlers understand.
  test: {
    experimental: { viteModuleRunner: true },
    server: { deps: { inline: ['@actions/workflow-parser'] } },
  },
});
