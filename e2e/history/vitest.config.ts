import { mergeConfig } from 'vitest/config';
import local from '../local/vitest.config.ts';

/** One after the other: what one test computes would be a fault in another. */
export default mergeConfig(local, { test: { fileParallelism: false } });
