import { exec, execFile } from 'node:child_process';
import { appendFile, cp, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const workspace = join(import.meta.dirname, '../..');

/** What is pushed: copies of the workspace, and the same image as a layout. */
export interface Pushed {
  /** A copy of what a push of ws-server needs. */
  readonly before: string;
  /** The same with one more line of source. */
  readonly after: string;
}

/** Where push-images takes the base image from and keeps what it caches. */
export interface PushPlaces {
  /** A folder in OCI image layout. */
  readonly base: string;
  readonly folder: string;
}

/** Builds push-images and both copies. */
export async function preparePushed(places: PushPlaces): Promise<Pushed> {
  await build(join(workspace, 'tools/push-images'));
  return {
    before: await workspaceWith('before', '', places),
    after: await workspaceWith('after', "console.info('a line');\n", places),
  };
}

/** Runs the command of a project's `build` target. */
async function build(folder: string): Promise<void> {
  const { nx } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const PATH = `${join(workspace, 'node_modules/.bin')}:${process.env.PATH}`;
  await promisify(exec)(nx.targets.build.command, { cwd: folder, env: { ...process.env, PATH } });
}

/** Bundles ws-server. */
export const bundle = (root: string) => build(join(root, 'apps/ws-server'));

/** Makes the image of ws-server as a layout, for the tools that only push. */
export const makeImage = (root: string, places: PushPlaces) =>
  pushImages(root, ['--output', `oci:${join(root, 'layout')}`], places);

async function workspaceWith(name: string, line: string, places: PushPlaces): Promise<string> {
  const root = join(places.folder, name);
  const copied = [
    'tools/push-images/dist',
    'tools/push-images/package.json',
    'apps/ws-server',
    'libs',
    'package.json',
    'package-lock.json',
  ];
  const filter = (path: string) => !/node_modules/.test(path.slice(workspace.length));
  for (const path of copied) await cp(join(workspace, path), join(root, path), { recursive: true, filter });
  for (const path of ['node_modules', 'tools/push-images/node_modules']) {
    await symlink(join(workspace, path), join(root, path)).catch(() => {});
  }
  await appendFile(join(root, 'apps/ws-server/src/main.ts'), line);
  await bundle(root);
  await makeImage(root, places);
  return root;
}

/** Runs push-images from a copy of the workspace. */
export async function pushImages(root: string, args: string[], { base, folder }: PushPlaces): Promise<void> {
  const main = join(root, 'tools/push-images/dist/main.js');
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    XDG_CACHE_HOME: join(folder, 'cache'),
  };
  const words = [main, '--app', 'ws-server', '--no-build', '--base', `oci:${base}`, ...args];
  await run(process.execPath, words, { env });
}
