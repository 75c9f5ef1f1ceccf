import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Child } from '@envoy-poc/cli/start';
import { available, type Setting } from '../part.ts';

const run = promisify(execFile);
const workspace = join(import.meta.dirname, '../..');
const peers = join(import.meta.dirname, 'peers');

/** Servers that answer each message with the time and an address. */
export type ServerName = 'ours' | 'ws' | 'python' | 'go';

export const names: Readonly<Record<ServerName, string>> = {
  ours: 'this project, `apps/ws-server`',
  ws: '`ws` alone',
  python: 'Python, `websockets`',
  go: 'Go, `coder/websocket`',
};

/** A server that can be started: program and arguments. */
export type Command = [program: string, ...args: string[]];

/** Builds or installs the servers that this machine can run; says what to install for the others. */
export async function prepareServers(
  folder: string,
  progress: Setting['progress'],
): Promise<Map<ServerName, Command>> {
  const commands = new Map<ServerName, Command>();
  const sources = { ours: join(workspace, 'apps/ws-server/src/main.ts'), ws: join(peers, 'peer.ts') };
  for (const [name, source] of Object.entries(sources)) {
    const bundle = join(folder, `${name}.cjs`);
    await bundleOf(source, bundle);
    // As in the image of ws-server; the other one as people start it.
    const options = name === 'ours' ? ['--max-semi-space-size=2'] : [];
    commands.set(name as ServerName, [process.execPath, ...options, bundle]);
  }
  if (available('python3', 'apt install python3 python3-venv')) {
    const environment = join(folder, 'python');
    const python = join(environment, 'bin/python');
    await install('python', progress, async () => {
      await run('python3', ['-m', 'venv', environment]);
      await run(python, ['-m', 'pip', 'install', '--quiet', '-r', join(peers, 'requirements.txt')]);
      commands.set('python', [python, join(peers, 'peer.py')]);
    });
  }
  if (available('go', 'https://go.dev/doc/install')) {
    const program = join(folder, 'peer');
    await install('go', progress, async () => {
      await run('go', ['build', '-o', program, '.'], { cwd: peers });
      commands.set('go', [program]);
    });
  }
  return commands;
}

async function install(
  name: ServerName,
  progress: Setting['progress'],
  action: () => Promise<void>,
): Promise<void> {
  progress(`server: installing ${names[name]}`);
  try {
    await action();
  } catch (error) {
    console.error(`bench: SKIPPED ${name}: ${(error as Error).message.trim()}`);
  }
}

/** Bundles a program by the command of ws-server's build. */
async function bundleOf(source: string, bundle: string): Promise<void> {
  const cwd = join(workspace, 'apps/ws-server');
  const { nx } = JSON.parse(await readFile(join(cwd, 'package.json'), 'utf8'));
  const [command, , ...options] = (nx.targets.build.command as string).split(' ');
  const others = options.filter((option) => !option.startsWith('--outfile='));
  await run(join(workspace, 'node_modules/.bin', command ?? ''), [source, ...others, `--outfile=${bundle}`], {
    cwd,
  });
}

/** A server of its own process, that takes any number of connections and messages. */
export function startServerProcess(
  name: ServerName,
  [program, ...args]: Command,
  host: string,
  { reaper }: Pick<Setting, 'reaper'>,
): Child {
  return new Child({
    ...{ name, program, args, reaper },
    env: {
      HOST: host,
      PORT: '8080',
      POD_IP: host,
      NODE_ENV: 'production',
      LOG_LEVEL: 'info',
      CONNECTIONS_PER_POD: '1000000',
      MESSAGES_PER_SECOND_PER_CONNECTION: '1000000',
      BYTES_PER_SECOND_PER_CONNECTION: String(2 ** 30),
    },
  });
}
