import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, relative } from 'node:path';
import { appNames } from '@envoy-poc/contracts/apps';
import { parse, stringify } from 'yaml';

/** The workspace that this package is in. */
export const root = join(import.meta.dirname, '../../..');

/** What is made from the rest, or has nothing to do with a deploy. */
const leftOut = ['node_modules', 'dist', 'coverage', '.git', '.nx', '.local', '.pulumi', '.cache'];

/**
 * Copies the workspace to an empty folder, so that what a deploy writes (stack settings, images, records) is not
 * written into the real one. Installed packages are links to the real ones; packages of the workspace are the copies.
 */
export function copyWorkspace(folder: string, baseImage: string): void {
  const modules: string[] = [];
  cpSync(root, folder, {
    recursive: true,
    filter: (path) => {
      if (basename(path) === 'node_modules') modules.push(relative(root, path));
      return !leftOut.includes(basename(path)) && !path.endsWith('.log');
    },
  });
  for (const path of modules) linkModules(join(root, path), join(folder, path));
  for (const layer of readdirSync(join(folder, 'projects'))) withoutSalt(join(folder, 'projects', layer));
  for (const app of appNames) pushOn(baseImage, join(folder, 'apps', app, 'package.json'));
}

function linkModules(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from)) {
    if (entry === '.bin' || entry === '@envoy-poc') {
      // Links relative to the workspace stay so.
      mkdirSync(join(to, entry));
      for (const name of readdirSync(join(from, entry))) {
        symlinkSync(readlinkSync(join(from, entry, name)), join(to, entry, name));
      }
    } else if (entry !== '.cache') symlinkSync(join(from, entry), join(to, entry));
  }
}

/** The salt of a stack's secrets belongs to a passphrase that nobody needs to know here. */
function withoutSalt(project: string): void {
  for (const file of readdirSync(project).filter((name) => /^Pulumi\..+\.yaml$/.test(name))) {
    const { encryptionsalt: _, ...settings } = (parse(readFileSync(join(project, file), 'utf8')) ?? {}) as {
      encryptionsalt?: string;
    };
    writeFileSync(join(project, file), stringify(settings));
  }
}

/** Lets an app's push take a base image that is here; the real one is on the internet. */
function pushOn(baseImage: string, file: string): void {
  if (!existsSync(file)) return;
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as {
    nx: { targets: { push: { command: string } } };
  };
  manifest.nx.targets.push.command += ` --base oci:${baseImage}`;
  writeFileSync(file, JSON.stringify(manifest, undefined, 2));
}
