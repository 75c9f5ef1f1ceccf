import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AppName } from '../apps.ts';
import type { Context } from '../context.ts';
import { PushImagesError } from '../errors.ts';

/**
 * Bundles apps by their own `build` targets, which Nx skips when nothing changed.
 *
 * @throws {PushImagesError} ERR_NOT_BUILT, with the build's own output
 */
export async function bundleApps(
  apps: readonly AppName[],
  { root, signal, progress }: Context,
): Promise<void> {
  progress.note(`bundling ${apps.join(', ')}`);
  const args = ['nx', 'run-many', '-t', 'build', '-p', ...apps, '--outputStyle=static'];
  const build = spawn('npx', args, { cwd: root, signal, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  for (const stream of [build.stdout, build.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk));
  const [code] = await once(build, 'close');
  if (code === 0) return;
  const said = Buffer.concat(output).toString().trim();
  throw new PushImagesError('ERR_NOT_BUILT', `npx ${args.join(' ')} ended with ${code}:\n${said}`);
}
