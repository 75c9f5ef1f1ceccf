import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** The files of Pulumi's SDK that modules load; they are CommonJS, of which Node keeps a list. */
async function pulumiOf(...modules: string[]): Promise<string[]> {
  const script = `for (const module of process.argv.slice(1)) await import(module);
const { default: { _cache } } = await import('node:module');
console.log(JSON.stringify(Object.keys(_cache)))`;
  const words = ['--input-type=module', '--eval', script, ...modules];
  const options = { cwd: import.meta.dirname, maxBuffer: 64 * 2 ** 20 };
  const { stdout } = await promisify(execFile)(process.execPath, words, options);
  return (JSON.parse(stdout) as string[]).filter((file) => file.includes('/@pulumi/'));
}

test("verbs that only read settings do not load Pulumi's SDK", async () => {
  const verbs = ['access', 'cleanup', 'cost'].map((verb) => join(import.meta.dirname, verb, 'cli.ts'));
  expect(await pulumiOf(...verbs)).toEqual([]);
  // The list would show it.
  expect(await pulumiOf('@pulumi/pulumi')).not.toEqual([]);
});
