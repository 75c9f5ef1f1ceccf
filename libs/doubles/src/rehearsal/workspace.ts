import {
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { appNames } from '@envoy-poc/layers';
import { parse, stringify } from 'yaml';
import { commitAll, git, repositoryOf, root } from './working-tree.ts';

/**
 * Makes the repository that a rehearsal's clones come from: what the working tree holds, except that images are pushed
 * on a base image that is here, and that nobody needs to know a passphrase.
 */
export function writeOrigin(folder: string, baseImage: string): void {
  repositoryOf(root, folder);
  for (const layer of readdirSync(join(folder, 'projects'))) withoutSalt(join(folder, 'projects', layer));
  for (const app of appNames) pushOn(baseImage, join(folder, 'apps', app, 'package.json'));
  git(folder, 'add', '--all');
  commitAll(folder, 'What a rehearsal changes');
}

/**
 * Clones the repository, so that what a deploy writes (stack settings, images, records) is not written into the working
 * tree, and gives the clone its packages: links to what is installed here, and those of the workspace as they are there.
 */
export function cloneWorkspace(origin: string, folder: string): void {
  git(dirname(folder), 'clone', '--quiet', `file://${origin}`, folder);
  linkPackages(folder);
}

/** Gives a clone the packages that are installed here. */
export function linkPackages(folder: string): void {
  const found = globSync(['node_modules', '*/node_modules', '*/*/node_modules'], { cwd: root });
  for (const path of found.filter((each) => !/^node_modules./.test(each))) {
    if (existsSync(join(folder, dirname(path)))) linkModules(join(root, path), join(folder, path));
  }
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
    } else if (entry !== '.cache' && entry !== '.vite') symlinkSync(join(from, entry), join(to, entry));
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
