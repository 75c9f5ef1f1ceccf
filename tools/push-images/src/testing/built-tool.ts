import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ssoToken } from '@envoy-poc/doubles/identity';
import { exampleOf } from '@envoy-poc/layers';
import { type Ended, temporaryWorkspace, writeCommand } from './workspace.ts';

const tool = resolve(import.meta.dirname, '../..');

/** The words of this tool's `build` target, with another folder to write to. */
export async function buildArguments(outdir: string): Promise<string[]> {
  const { nx } = JSON.parse(await readFile(join(tool, 'package.json'), 'utf8'));
  const command: string = nx.targets.build.command;
  const words = [...command.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ''));
  const [program, ...args] = words.map((word) =>
    word.startsWith('--outdir=') ? `--outdir=${outdir}` : word,
  );
  if (program !== 'esbuild') throw new Error(`the build target is not esbuild's but ${command}`);
  return args;
}

/** Runs esbuild in this tool's folder. */
export async function esbuild(args: readonly string[]): Promise<void> {
  await promisify(execFile)(resolve(tool, '../../node_modules/.bin/esbuild'), args, { cwd: tool });
}

/** The built tool in a workspace of its own, and a person's home. */
export interface BuiltTool extends AsyncDisposable {
  /** The person's home. */
  readonly home: string;
  /** Writes a file of the person's, such as `.aws/config`. */
  writeHome(path: string, content: string): Promise<void>;
  /** Logs in to an SSO session, for so long. */
  logIn(session: string, expiresInSeconds: number): Promise<void>;
  /** Writes the settings of the registry layer's stack `dev`. */
  writeStack(config: string): Promise<void>;
  /** Runs the tool as the target `push` does, with the home and PATH and nothing else in its environment. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
}

/** Builds the tool as its target does, into a workspace whose registry layer publishes one repository for all apps. */
export async function builtTool(repositoryUrl: string): Promise<BuiltTool> {
  const workspace = await temporaryWorkspace();
  const dist = join(workspace.path, 'tools/push-images/dist');
  await esbuild(await buildArguments(dist));
  await copyFile(join(tool, 'package.json'), join(dist, '../package.json'));
  const [home, bin] = ['home', 'bin'].map((name) => join(workspace.path, '..', name)) as [string, string];
  await Promise.all([mkdir(home), mkdir(bin)]);
  const outputs = exampleOf('registry');
  for (const repository of Object.values(outputs.repositories)) repository.url = repositoryUrl;
  await writeCommand(bin, 'pulumi', `echo '${JSON.stringify(outputs)}'`);
  const writeHome = async (path: string, content: string) => {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), content, { mode: 0o700 });
  };
  return {
    home,
    writeHome,
    async logIn(session, expiresInSeconds) {
      const { path, content } = ssoToken(session, expiresInSeconds);
      await writeHome(path, content);
    },
    writeStack: (config) => writeFile(join(workspace.path, 'projects/registry/Pulumi.dev.yaml'), config),
    async run(args, env = {}) {
      const words = [
        '--app',
        'ws-server',
        '--no-build',
        '--ignore-unknown',
        '--base',
        workspace.base,
        ...args,
      ];
      const path = [bin, dirname(process.execPath), process.env.PATH].join(delimiter);
      return promisify(execFile)(process.execPath, [join(dist, 'main.js'), ...words], {
        env: { HOME: home, PATH: path, ...env },
      }).then(
        ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
        ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
      );
    },
    [Symbol.asyncDispose]: () => workspace[Symbol.asyncDispose](),
  };
}
