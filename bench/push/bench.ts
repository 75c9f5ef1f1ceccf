import { execFile } from 'node:child_process';
import { appendFile, cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { startEcrDouble } from '@envoy-poc/doubles/ecr';
import { type LinkSettings, openLink } from './link.ts';

// How much is sent and how long it takes, by push-images, skopeo and crane, of the same image to the same registry,
// which speaks both APIs: nothing there, then after a changed line, then nothing new. See README.md.

const run = promisify(execFile);
const workspace = resolve(import.meta.dirname, '../..');
const { values } = parseArgs({
  options: {
    base: { type: 'string' },
    crane: { type: 'string', default: 'crane' },
    runs: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
if (!values.base) {
  console.error(
    'bench/push: --base oci:DIR is needed: a folder in OCI image layout with a Node 24 base image.',
  );
  process.exit(2);
}
const base = values.base.replace(/^oci:/, '');

const links: Record<string, LinkSettings> = {
  loopback: { roundTripMilliseconds: 0, megabitsPerSecond: Infinity },
  '20 ms, 200 Mbit/s': { roundTripMilliseconds: 20, megabitsPerSecond: 200 },
};
const scenarios = ['first push', 'one line changed', 'nothing changed'] as const;
const tools = ['push-images', 'skopeo', 'crane'] as const;
type Tool = (typeof tools)[number];

/** One push. */
interface Measured {
  /** From the start of the process to its end; that of push-images makes the image too. */
  readonly milliseconds: number;
  /** From a changed line on: with the bundling, and for the peers with the making of the image. */
  readonly wholeMilliseconds: number;
  /** From its first connection to its end. */
  readonly networkMilliseconds: number;
  /** What it sent, HTTP and all. */
  readonly bytes: number;
}

const folder = await mkdtemp(join(tmpdir(), 'bench-push-'));
try {
  const versions = {
    before: await workspaceWith('before', ''),
    after: await workspaceWith('after', "console.info('a line');\n"),
  };
  const results = new Map<string, Measured[]>();
  for (const [link, settings] of Object.entries(links)) {
    for (let round = 0; round < Number(values.runs); round++) {
      // A slow moment of the machine hits all three.
      for (const tool of tools) {
        for (const [scenario, measured] of await measure(tool, settings, versions)) {
          const key = JSON.stringify([link, scenario, tool]);
          results.set(key, [...(results.get(key) ?? []), measured]);
        }
      }
    }
  }
  print(results);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** A copy of what a push of ws-server needs, its source with a line more, bundled, and the same image as a layout. */
async function workspaceWith(name: string, line: string): Promise<string> {
  const root = join(folder, name);
  const copied = [
    'tools/push-images/dist',
    'tools/push-images/package.json',
    'apps/ws-server',
    'libs',
    'package.json',
    'package-lock.json',
  ];
  const filter = (path: string) => !/node_modules/.test(path.slice(workspace.length));
  for (const path of copied) await cp(join(workspace, path), join(root, path), { recursive: true, filter });
  for (const path of ['node_modules', 'tools/push-images/node_modules']) {
    await symlink(join(workspace, path), join(root, path)).catch(() => {});
  }
  await appendFile(join(root, 'apps/ws-server/src/main.ts'), line);
  await bundle(root);
  await makeImage(root);
  return root;
}

/** Bundles ws-server, by the command of its target. */
async function bundle(root: string): Promise<void> {
  const folder = join(root, 'apps/ws-server');
  const { nx } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const [command, ...args] = nx.targets.build.command.split(' ');
  await run(join(workspace, 'node_modules/.bin', command), args, { cwd: folder });
}

/** Makes the image of ws-server as a layout, for the tools that only push. */
async function makeImage(root: string): Promise<void> {
  await pushImages(root, ['--output', `oci:${join(root, 'layout')}`]);
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await action();
  return performance.now() - began;
}

async function measure(
  tool: Tool,
  settings: LinkSettings,
  versions: { readonly before: string; readonly after: string },
): Promise<[string, Measured][]> {
  await using registry = await startEcrDouble({ partBytes: 10_485_760, minimumPartBytes: 5_242_880 });
  await using link = await openLink(Number(new URL(registry.endpoint).port), settings);
  const measured: [string, Measured][] = [];
  for (const scenario of scenarios) {
    const root = scenario === 'first push' ? versions.before : versions.after;
    const bundling = await timed(() => bundle(root));
    const making = tool === 'push-images' ? 0 : await timed(() => makeImage(root));
    const [began, sentBefore] = [performance.now(), link.sentBytes()];
    let connected = Number.POSITIVE_INFINITY;
    link.onConnection = () => {
      connected = Math.min(connected, performance.now());
    };
    await pushWith(tool, root, link.port, registry.repositoryUrl);
    const ended = performance.now();
    measured.push([
      scenario,
      {
        milliseconds: ended - began,
        wholeMilliseconds: bundling + making + ended - began,
        networkMilliseconds: ended - connected,
        bytes: link.sentBytes() - sentBefore,
      },
    ]);
  }
  return measured;
}

async function pushWith(tool: Tool, root: string, port: number, repositoryUrl: string): Promise<void> {
  const layout = join(root, 'layout');
  if (tool === 'skopeo') {
    await run('skopeo', [
      'copy',
      '--dest-tls-verify=false',
      `oci:${layout}:ws-server`,
      `docker://127.0.0.1:${port}/app:v1`,
    ]);
  } else if (tool === 'crane') {
    await run(values.crane, ['push', layout, `127.0.0.1:${port}/app:v1`]);
  } else {
    await pushImages(root, [
      '--repository',
      repositoryUrl,
      '--endpoint',
      `http://127.0.0.1:${port}`,
      '--tag',
      'v1',
    ]);
  }
}

async function pushImages(root: string, args: string[]): Promise<void> {
  const main = join(root, 'tools/push-images/dist/main.js');
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    XDG_CACHE_HOME: join(folder, 'cache'),
  };
  await run(
    process.execPath,
    [main, '--app', 'ws-server', '--no-build', '--base', `oci:${resolve(base)}`, ...args],
    { env },
  );
}

function print(results: ReadonlyMap<string, readonly Measured[]>): void {
  if (values.json) {
    const rows = [...results].map(([key, measured]) => {
      const [link, scenario, tool] = JSON.parse(key);
      return { link, scenario, tool, measured };
    });
    console.log(JSON.stringify(rows, null, 2));
    return;
  }
  const median = (link: string, scenario: string, tool: Tool, field: keyof Measured) => {
    const sorted = (results.get(JSON.stringify([link, scenario, tool])) ?? [])
      .map((each) => each[field])
      .sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  };
  console.log(
    `Medians of ${values.runs} runs. Times are those of push-images as a share of the peer's in the same run.\n`,
  );
  const shares = ['of skopeo', 'of crane'];
  const columns = [
    'link',
    'what',
    ...tools.map((tool) => `sent by ${tool}`),
    'push',
    ...shares,
    'its network',
    ...shares,
    'from a changed line',
    ...shares,
  ];
  console.log(`| ${columns.join(' | ')} |\n|${' --- |'.repeat(columns.length)}`);
  for (const link of Object.keys(links)) {
    for (const scenario of scenarios) {
      const bytes = tools.map((tool) => `${(median(link, scenario, tool, 'bytes') / 1e6).toFixed(3)} MB`);
      const times = (['milliseconds', 'networkMilliseconds', 'wholeMilliseconds'] as const).flatMap(
        (field) => {
          const [ours = 0, ...peers] = tools.map((tool) => median(link, scenario, tool, field));
          return [`${(ours / 1000).toFixed(2)} s`, ...peers.map((peer) => (ours / peer).toFixed(2))];
        },
      );
      console.log(`| ${[link, scenario, ...bytes, ...times].join(' | ')} |`);
    }
  }
}
