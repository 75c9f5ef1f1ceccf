import { defineConfig, mergeConfig } from 'vitest/config';
import shared from '../../vitest.config.ts';

// Hundreds of pushes wait out retries in one test; two slow processors must not make that a failure.
export default mergeConfig(shared, defineConfig({ test: { maxConcurrency: 3, maxWorkers: 2 } }));
