import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { startEcrDouble } from '@envoy-poc/doubles/ecr';
import { available, milliseconds, type Part, quantile, ratio, row } from '../part.ts';
import { type LinkSettings, openLink } from './link.ts';
import { bundle, makeImage, type Pushed, type PushPlaces, preparePushed, pushImages } from './workspace.ts';

const run = promisify(execFile);

const links: Readonly<Record<string, LinkSettings>> = {
  loopback: { roundTripMilliseconds: 0, megabitsPerSecond: Infinity },
  '20 ms, 200 Mbit/s': { roundTripMilliseconds: 20, megabitsPerSecond: 200 },
};
const scenarios = ['first push', 'one line changed', 'nothing changed'] as const;
const installs = {
  skopeo: 'apt install skopeo',
  crane: 'go install github.com/google/go-containerregistry/cmd/crane@v0.22.1',
};
type Peer = keyof typeof installs;
type Tool = 'push-images' | Peer;

/** One push. */
interface Measured {
  link: string;
  scenario: (typeof scenarios)[number];
  tool: Tool;
  /** From the start of the process to its end; that of push-images makes the image too. */
  milliseconds: number;
  /** From a changed line on: with the bundling, and for the peers with the making of the image. */
  wholeMilliseconds: number;
  /** From its first connection to its end. */
  networkMilliseconds: number;
  /** What it sent, HTTP and all. */
  bytes: number;
}

type PushResult = Measured[];

export const push: Part<PushResult> = {
  name: 'push',
  about: 'push of an image; BASE_IMAGE is a folder with a Node 24 base image, see bench/push/README.md',
  async measure({ rounds, folder, progress }) {
    const { BASE_IMAGE } = process.env;
    if (!BASE_IMAGE) {
      console.error(
        'bench: SKIPPED push: set BASE_IMAGE to a folder in OCI image layout with a Node 24 base image',
      );
      return;
    }
    const places = { base: resolve(BASE_IMAGE.replace(/^oci:/, '')), folder };
    progress('push: building');
    const pushed = await preparePushed(places);
    const peers = (Object.keys(installs) as Peer[]).filter((peer) => available(peer, installs[peer]));
    const results: PushResult = [];
    for (const [link, settings] of Object.entries(links)) {
      for (let round = 0; round < rounds; round++) {
        progress(`push: ${link}, round ${round + 1} of ${rounds}`);
        // In turns, so that a slow moment of the machine hits each.
        for (const tool of ['push-images', ...peers] as const) {
          for (const measured of await measureTool(tool, settings, pushed, places)) {
            results.push({ ...measured, link });
          }
        }
      }
    }
    return results;
  },
  section,
};

async function timed(action: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await action();
  return performance.now() - began;
}

/** Pushes to an empty registry, then after a changed line, then without a change. */
async function measureTool(
  tool: Tool,
  settings: LinkSettings,
  pushed: Pushed,
  places: PushPlaces,
): Promise<Omit<Measured, 'link'>[]> {
  await using registry = await startEcrDouble({ partBytes: 10_485_760, minimumPartBytes: 5_242_880 });
  await using link = await openLink(Number(new URL(registry.endpoint).port), settings);
  const measured: Omit<Measured, 'link'>[] = [];
  for (const scenario of scenarios) {
    const root = scenario === 'first push' ? pushed.before : pushed.after;
    const bundling = await timed(() => bundle(root));
    const making = tool === 'push-images' ? 0 : await timed(() => makeImage(root, places));
    const [began, sentBefore] = [performance.now(), link.sentBytes()];
    let connected = Number.POSITIVE_INFINITY;
    link.onConnection = () => {
      connected = Math.min(connected, performance.now());
    };
    const at = `127.0.0.1:${link.port}`;
    const layout = join(root, 'layout');
    if (tool === 'skopeo') {
      const target = `docker://${at}/app:v1`;
      await run(tool, ['copy', '--dest-tls-verify=false', `oci:${layout}:ws-server`, target]);
    } else if (tool === 'crane') await run(tool, ['push', layout, `${at}/app:v1`]);
    else {
      const place = ['--repository', registry.repositoryUrl, '--endpoint', `http://${at}`];
      await pushImages(root, [...place, '--tag', 'v1'], places);
    }
    const ended = performance.now();
    measured.push({
      ...{ scenario, tool, bytes: link.sentBytes() - sentBefore },
      milliseconds: ended - began,
      wholeMilliseconds: bundling + making + ended - began,
      networkMilliseconds: ended - connected,
    });
  }
  return measured;
}

function section(results: PushResult): string[] {
  const tools = [...new Set(results.map(({ tool }) => tool))];
  const peers = tools.filter((tool) => tool !== 'push-images');
  const times = {
    push: 'milliseconds',
    'its network': 'networkMilliseconds',
    'from a changed line': 'wholeMilliseconds',
  } as const;
  const columns = [
    ...tools.map((tool) => `sent by ${tool}`),
    ...Object.keys(times).flatMap((time) => [time, ...peers.map((peer) => `ratio to ${peer}`)]),
  ];
  const rows = Object.keys(links).flatMap((link) =>
    scenarios.map((scenario) => {
      const valuesOf = (tool: Tool, field: 'bytes' | (typeof times)[keyof typeof times]) =>
        results
          .filter((each) => each.link === link && each.scenario === scenario && each.tool === tool)
          .map((each) => each[field]);
      const sent = tools.map((tool) => `${(quantile(valuesOf(tool, 'bytes'), 0.5) / 1e6).toFixed(3)} MB`);
      const cells = Object.values(times).flatMap((field) => {
        const ours = valuesOf('push-images', field);
        return [
          milliseconds(quantile(ours, 0.5)),
          ...peers.map((peer) => ratio(ours, valuesOf(peer, field))),
        ];
      });
      return row(link, scenario, ...sent, ...cells);
    }),
  );
  return [
    '## Push of an image',
    '',
    'The same image (47 MB in two image layers) to the same registry, which offers the ECR API and the distribution API.',
    '`push`: from start to exit of the process; push-images also builds the image in this time. `its network`: from the',
    'first connection to the exit. `from a changed line`: includes bundling, and for the other tools building the image.',
    'Medians, and ratios with the least and greatest of a round. For the reasons, see [bench/push](../bench/push).',
    '',
    row('link', 'what', ...columns),
    `|${' --- |'.repeat(columns.length + 2)}`,
    ...rows,
  ];
}
