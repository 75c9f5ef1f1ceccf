#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { join, resolve } from 'node:path';
import { cacheFolder } from './cache-folder.ts';

// Compiling the AWS SDK anew would be half of a small push's time.
enableCompileCache(join(cacheFolder(), 'compiled'));
const { push } = await import('./push.ts');

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // A second signal does not wait for what the first one stops.
  process.on(name, () => (stop.signal.aborted ? process.exit(130) : stop.abort()));
}
const { stdout, stderr } = process;
const root = resolve(import.meta.dirname, '../../..');
process.exitCode = await push(process.argv.slice(2), { root, signal: stop.signal, stdout, stderr });
// Where it was interrupted, the SDK may still sleep before its next try of a call.
if (stop.signal.aborted) process.exit();
