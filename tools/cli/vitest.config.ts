import { defineConfig, mergeConfig } from 'vitest/config';
import shared from '../../vitest.config.ts';

// Many of these tests wait for processes that they start: more workers than cores.
export default mergeConfig(shared, defineConfig({ test: { maxWorkers: 3 } }));
