import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Child, type Reaper } from '@envoy-poc/cli/start';
import { available, systemPath } from '../part.ts';

// envoyproxy/ratelimit: https://github.com/envoyproxy/ratelimit. It has no releases; this is a commit of 2026-01-22.

const VERSION = 'v1.4.1-0.20260122083618-3fb702589d36';
const bin = resolve(import.meta.dirname, '../../node_modules/.cache/bench', `ratelimit-${VERSION}`);
const program = join(bin, 'service_cmd');
const goPath = `${systemPath}:/usr/local/go/bin`;

/** Builds it where needed, which takes minutes the first time; says what is missing where that cannot be. */
export function ratelimitMissing(): string | undefined {
  if (!available('redis-server', 'apt install redis-server')) return 'needs Redis';
  if (existsSync(program)) return;
  console.error(`bench: building envoyproxy/ratelimit ${VERSION}`);
  const { error, status, stderr } = spawnSync(
    'go',
    ['install', `github.com/envoyproxy/ratelimit/src/service_cmd@${VERSION}`],
    { env: { ...process.env, PATH: goPath, GOBIN: bin }, encoding: 'utf8' },
  );
  if (error) return 'Go is not on PATH; install Go 1.24 or newer (https://go.dev/doc/install)';
  if (status !== 0) return `go install failed; its module proxy has to be reachable:\n${stderr}`;
  return;
}

/** Where it listens for Envoy's questions (gRPC). */
export interface RatelimitPlace {
  address: string;
  port: number;
}

/** Starts Redis, then the service with one limit for all upgrades; returns them in the order of their start. */
export async function startRatelimit(
  { address, port }: RatelimitPlace,
  { rate, folder, reaper }: { rate: number; folder: string; reaper: Reaper },
): Promise<Child[]> {
  const redisPort = String(port + 1);
  const root = join(folder, 'ratelimit');
  await mkdir(join(root, 'limits/config'), { recursive: true });
  await writeFile(
    join(root, 'limits/config/edge.yaml'),
    `domain: edge
descriptors:
  - { key: generic_key, value: upgrade, rate_limit: { unit: second, requests_per_unit: ${rate} } }
`,
  );
  const redis = new Child({
    ...{ name: 'redis', program: 'redis-server', reaper, env: { PATH: systemPath } },
    args: ['--bind', address, '--port', redisPort, '--save', '', '--dir', root],
  });
  const httpPort = port + 2;
  const service = new Child({
    ...{ name: 'ratelimit', program, args: [], reaper },
    env: {
      ...{ USE_STATSD: 'false', LOG_LEVEL: 'error' },
      ...{ RUNTIME_ROOT: root, RUNTIME_SUBDIRECTORY: 'limits', RUNTIME_WATCH_ROOT: 'false' },
      ...{ REDIS_SOCKET_TYPE: 'tcp', REDIS_URL: `${address}:${redisPort}` },
      ...{ GRPC_HOST: address, GRPC_PORT: String(port), HOST: address, PORT: String(httpPort) },
      ...{ DEBUG_HOST: address, DEBUG_PORT: String(port + 3) },
    },
  });
  // It waits for Redis by itself.
  await service.until(async () => (await fetch(`http://${address}:${httpPort}/healthcheck`)).ok, 20);
  return [redis, service];
}
