#!/usr/bin/env node
// JavaScript for any Node, because it also runs before `npm ci`: npx takes the root package's own bin, and fetches nothing.
import { existsSync } from 'node:fs';
import nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';

if (!existsSync(new URL('../../../node_modules/node', import.meta.url))) {
  console.error('envoy-poc: its packages are not installed here. Install them, then try again: npm ci');
  process.exitCode = 1;
} else if (!process.features.typescript) {
  console.error(
    `envoy-poc: Node ${process.versions.node} runs no TypeScript. npx takes the Node that npm ci installed: npx envoy-poc`,
  );
  process.exitCode = 1;
} else {
  // Compiling, and taking types off, would be half of the time of a start. Node 22.8 and newer have it.
  nodeModule.enableCompileCache?.(
    fileURLToPath(new URL('../../../node_modules/.cache/node', import.meta.url)),
  );
  await import('../src/main.ts');
}
