import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { appNames } from '../apps.ts';
import { layoutFiles } from '../output/layout-files.ts';
import { writeOutput } from '../output/write.ts';
import { exampleImage, temporaryFolder, writeBundle } from './fixtures.ts';

const tool = resolve(import.meta.dirname, '../..');

/** How a run of the command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A workspace with this tool, both apps bundled and a base image in OCI layout. */
export interface Workspace extends AsyncDisposable {
  readonly path: string;
  /** `oci:…` of the base image. */
  readonly base: string;
  /** A folder that comes first on PATH. */
  readonly bin: string;
  /** Starts the command. */
  start(args: readonly string[], env?: NodeJS.ProcessEnv): ChildProcess;
  /** Runs the command to its end. */
  run(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended>;
}

/** Makes a workspace outside any version control. */
export async function temporaryWorkspace(): Promise<Workspace> {
  const folder = await temporaryFolder();
  const path = join(folder.path, 'workspace');
  await cp(join(tool, 'src'), join(path, 'tools/push-images/src'), { recursive: true });
  await cp(join(tool, 'package.json'), join(path, 'tools/push-images/package.json'));
  for (const installed of ['node_modules', 'tools/push-images/node_modules']) {
    await symlink(resolve(tool, '../..', installed), join(path, installed));
  }
  await writeFile(join(path, 'package.json'), '{"name":"example","license":"MIT"}');
  await writeFile(join(path, 'package-lock.json'), '{}');
  for (const app of appNames) await writeBundle(join(path, 'apps', app), `console.log("${app}")\n`);
  const bin = join(folder.path, 'bin');
  for (const made of [bin, join(path, 'projects/registry')]) await mkdir(made, { recursive: true });
  const base = join(folder.path, 'base');
  const signal = new AbortController().signal;
  const images = [{ image: await exampleImage(), name: 'base', reference: 'localhost/base:1' }];
  await writeOutput({ kind: 'oci', path: base }, await layoutFiles(images, signal), signal);

  const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    spawn(process.execPath, [join(path, 'tools/push-images/src/main.ts'), ...args], {
      cwd: path,
      env: {
        PATH: `${bin}:${process.env.PATH}`,
        HOME: folder.path,
        NODE_COMPILE_CACHE: join(tmpdir(), 'push-images-compiled'),
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        ...env,
      },
    });
  return {
    path,
    base: `oci:${base}`,
    bin,
    start,
    async run(args, env) {
      const child = start(args, env);
      const [stdout, stderr, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close'),
      ]);
      return { code, stdout, stderr };
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** Writes a shell script as a command into a folder. */
export async function writeCommand(bin: string, name: string, script: string): Promise<void> {
  await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}
