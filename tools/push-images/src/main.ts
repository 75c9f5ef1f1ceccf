#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';

// Compiling the AWS SDK anew would be half of a small push's time.
enableCompileCache(join(cacheFolder(), 'compiled'));
const { runCommandLine } = await import('./cli.ts');
process.exitCode = await runCommandLine(process.argv.slice(2));
