import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { appNames } from '../apps.ts';
import { writeLayout } from '../publish/layout.ts';
import { push } from '../push.ts';
import { exampleImage, temporaryFolder, writeBundle } from './fixtures.ts';

const tool = resolve(import.meta.dirname, '../..');

/** How a run of the command ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A workspace with all apps bundled, outside any version control, and a base image in OCI layout beside it. */
export interface Workspace extends AsyncDisposable {
  readonly path: string;
  /** `oci:…` of the base image. */
  readonly base: string;
  /** Runs the command in this process. */
  run(args: readonly string[]): Promise<Ended>;
  /** Starts the command as a process, with a copy of this tool in the workspace. */
  start(args: readonly string[]): Promise<ChildProcess>;
}

/** Makes a workspace in a temporary folder. */
export async function temporaryWorkspace(): Promise<Workspace> {
  const folder = await temporaryFolder();
  const path = join(folder.path, 'workspace');
  for (const app of appNames) await writeBundle(join(path, 'apps', app), `console.log("${app}")\n`);
  await mkdir(join(path, 'projects/registry'), { recursive: true });
  await writeFile(join(path, 'package.json'), '{"name":"example","license":"MIT"}');
  const base = join(folder.path, 'base');
  const { signal } = new AbortController();
  const images = [{ image: await exampleImage(), name: 'base', reference: 'localhost/base:1' }];
  await writeLayout({ kind: 'oci', path: base }, images, signal);
  return {
    path,
    base: `oci:${base}`,
    async run(args) {
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      const code = await push(args, { root: path, signal, stdout, stderr });
      for (const stream of [stdout, stderr]) stream.end();
      return { code, stdout: await text(stdout), stderr: await text(stderr) };
    },
    async start(args) {
      await cp(join(tool, 'src'), join(path, 'tools/push-images/src'), { recursive: true });
      await cp(join(tool, 'package.json'), join(path, 'tools/push-images/package.json'));
      for (const installed of ['node_modules', 'tools/push-images/node_modules']) {
        await symlink(resolve(tool, '../..', installed), join(path, installed)).catch(() => {});
      }
      const env = { ...process.env, ...testCredentials, XDG_CACHE_HOME: folder.path };
      return spawn(process.execPath, [join(path, 'tools/push-images/src/main.ts'), ...args], {
        cwd: path,
        env,
      });
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** The double and moto check that requests are signed, not by whom. */
export const testCredentials = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_PROFILE: '' };

/** Writes a shell script as a command into a folder. */
export async function writeCommand(bin: string, name: string, script: string): Promise<void> {
  await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}
