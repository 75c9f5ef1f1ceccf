import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const recording = `
  const { registerHooks } = await import('node:module');
  const loaded = new Set();
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      const [, name] = /.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)\\//.exec(found.url) ?? [];
      if (name) loaded.add(name);
      return found;
    },
  });
  process.once('exit', () => {
    console.error(JSON.stringify([...loaded]));
    process.exitCode = 0;
  });
`;

/**
 * The packages that a program loads, directly or not, in a process of its own.
 *
 * @param program an ES module, as text; how it ends does not matter
 */
export async function packagesLoadedBy(
  program: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string[]> {
  const args = ['--input-type=module', '--eval', recording + program];
  const { stderr } = await promisify(execFile)(process.execPath, args, { env });
  return JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '') as string[];
}
