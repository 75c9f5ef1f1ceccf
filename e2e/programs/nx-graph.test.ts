import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { appNames, layers } from '@envoy-poc/layers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

const root = fileURLToPath(new URL('../..', import.meta.url));

let nxData: string;
beforeAll(async () => {
  nxData = await mkdtemp(join(tmpdir(), 'nx-data-'));
});
afterAll(() => rm(nxData, { recursive: true }));

async function nx(...words: string[]): Promise<string> {
  const program = join(root, 'node_modules/nx/dist/bin/nx.js');
  // An Nx that runs beside this one would share its graph, and what our plugin said of its command line.
  const env = {
    ...process.env,
    NX_DAEMON: 'false',
    NX_TUI: 'false',
    NX_ISOLATE_PLUGINS: 'false',
    NX_WORKSPACE_DATA_DIRECTORY: nxData,
  };
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...words], {
    cwd: root,
    env,
    maxBuffer: 2 ** 26,
  });
  return stdout;
}

const taskGraph = z.object({
  tasks: z.object({
    tasks: z.record(z.string(), z.object({ cache: z.boolean().optional(), overrides: z.looseObject({}) })),
    dependencies: z.record(z.string(), z.array(z.union([z.string(), z.object({ id: z.string() })]))),
  }),
});
type Edges = Map<string, Set<string>>;

/** Which task waits for which; and the words each is given. */
async function graphOf(...words: string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'graph-'));
  try {
    const file = join(folder, 'graph.json');
    await nx(...words, `--graph=${file}`);
    const { tasks } = taskGraph.parse(JSON.parse(await readFile(file, 'utf8')));
    const edges: Edges = new Map();
    for (const [task, needs] of Object.entries(tasks.dependencies)) {
      edges.set(task, new Set(needs.map((need) => (typeof need === 'string' ? need : need.id))));
    }
    return { direct: edges, waitsFor: closure(edges), tasks: tasks.tasks };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function closure(edges: Edges): Edges {
  const all = new Map([...edges].map(([from, to]) => [from, new Set(to)]));
  for (const via of all.keys()) {
    for (const to of all.values()) {
      if (to.has(via)) for (const next of all.get(via) ?? []) to.add(next);
    }
  }
  return all;
}

/** `a<b` for each pair of layers of which one must come first. */
function order(waitsFor: Edges, verb: string): string[] {
  return [...waitsFor]
    .flatMap(([task, needs]) => [...needs].map((need) => [need, task] as const))
    .filter((pair) => pair.every((id) => id.endsWith(`:${verb}`)))
    .map((pair) => pair.map((id) => id.split(':')[0]).join('<'))
    .sort();
}

/** Which layer's contract each layer reads, from its source. */
async function contractReads(): Promise<Edges> {
  const reads: Edges = new Map();
  for (const layer of layers) {
    const folder = join(root, 'projects', layer, 'src');
    const files = (await readdir(folder, { recursive: true })).filter((f) => /(?<!\.test)\.ts$/.test(f));
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
    const found = texts.flatMap((text) =>
      [...text.matchAll(/\bread\('(\w+)'\)/g)].map(([, other = '']) => other),
    );
    reads.set(layer, new Set(found));
  }
  return reads;
}

let deploy: Awaited<ReturnType<typeof graphOf>>;
let destroy: Awaited<ReturnType<typeof graphOf>>;
let reads: Edges;
beforeAll(async () => {
  [deploy, destroy, reads] = await Promise.all([
    graphOf('run-many', '-t', 'deploy', '--stack', 'blue'),
    graphOf('run-many', '-t', 'destroy', '--stack', 'blue'),
    contractReads(),
  ]);
}, 120_000);

describe('the task graph', () => {
  test('deploys in the order in which contracts are read', () => {
    const wanted = [...closure(reads)].flatMap(([layer, needs]) =>
      [...needs].map((need) => `${need}<${layer}`),
    );
    expect(wanted.length).toBeGreaterThan(4);
    expect(order(deploy.waitsFor, 'deploy')).toEqual(wanted.sort());
  });

  test('every contract that is read is a dependency of the package, and the other way round', async () => {
    for (const [layer, found] of reads) {
      const manifest = JSON.parse(await readFile(join(root, 'projects', layer, 'package.json'), 'utf8'));
      const named = Object.keys(manifest.dependencies).map((name) => name.replace('@envoy-poc/', ''));
      expect(named.filter((name) => (layers as string[]).includes(name)).sort(), layer).toEqual(
        [...found].sort(),
      );
    }
  });

  test('destroys in exactly the reverse', () => {
    const reversed = order(deploy.waitsFor, 'deploy').map((pair) => pair.split('<').reverse().join('<'));
    expect(order(destroy.waitsFor, 'destroy')).toEqual(reversed.sort());
  });

  test('pushes images after their repositories and before the workloads', () => {
    for (const app of appNames) {
      expect([...(deploy.waitsFor.get(`${app}:push`) ?? [])].sort()).toEqual(
        ['push-images:build', 'registry:deploy', `${app}:build`].sort(),
      );
      expect(deploy.waitsFor.get('workloads:deploy')).toContain(`${app}:push`);
    }
  });

  test('is the picture in docs/deploying.md', async () => {
    const text = await readFile(join(root, 'docs/deploying.md'), 'utf8');
    const drawn = [...text.matchAll(/^ {2}([\w:-]+) --> ([\w:-]+)$/gm)].map(
      ([, from, to]) => `${from}<${to}`,
    );
    const edges = [...deploy.direct]
      .flatMap(([task, needs]) => [...needs].map((need) => `${need}<${task}`))
      .filter((edge) => !edge.includes(':build'))
      .map((edge) => edge.replaceAll(':deploy', ''));
    expect(drawn.sort()).toEqual(edges.sort());
  });

  test('lets registry and network go side by side', () => {
    expect(deploy.waitsFor.get('registry:deploy')?.size).toBe(0);
    expect(deploy.waitsFor.get('network:deploy')?.size).toBe(0);
  });

  test('hands the stack to everything that a task depends on', async () => {
    const { tasks } = await graphOf('run', 'workloads:deploy', '--stack', 'blue');
    const stacks = Object.entries(tasks)
      .filter(([id]) => !id.endsWith(':build'))
      .map(([id, { overrides }]) => `${id} ${overrides.stack}`);
    expect(stacks).toHaveLength(layers.length + appNames.length);
    for (const line of stacks) expect(line).toMatch(/ blue$/);
  }, 60_000);

  test('caches nothing that has a side effect, and no test: the machine it runs on is not in a key', async () => {
    const verbs =
      'preview,deploy,refresh,drift,destroy,outputs,push,test,local,history,programs,engine,kubernetes';
    const { tasks } = await graphOf('run-many', '-t', verbs);
    expect(Object.keys(tasks).length).toBeGreaterThanOrEqual(5 * 6 + 2);
    const cached = Object.entries(tasks).filter(([id, { cache }]) => cache && !id.endsWith(':build'));
    expect(cached).toEqual([]);
  }, 60_000);
});

describe('nx affected', () => {
  test.each([
    ['projects/network/src/vpc.ts', ['cluster', 'network', 'platform', 'workloads']],
    ['projects/registry/src/repository.ts', ['registry', 'workloads']],
    ['projects/workloads/src/edge.ts', ['workloads']],
    ['libs/edge/src/limits.ts', [...layers].sort()],
    ['apps/ws-server/src/server.ts', ['workloads']],
    ['apps/ws-client/src/client.ts', ['workloads']],
    ['apps/endpoint-picker/src/picker.ts', ['workloads']],
    ['tools/push-images/src/push.ts', ['workloads']],
    ['libs/layers/src/pulumi/read.ts', [...layers].sort()],
    ['docs/local.md', []],
  ])(
    'a change of %s',
    async (file, expected) => {
      const shown = await nx(
        'show',
        'projects',
        '--affected',
        `--files=${file}`,
        '--with-target',
        'deploy',
        '--json',
      );
      expect(JSON.parse(shown).sort()).toEqual(expected);
    },
    60_000,
  );

  test('a change of what builds images pushes all', async () => {
    const words = ['--affected', '--files=tools/push-images/src/push.ts', '--with-target', 'push', '--json'];
    expect(JSON.parse(await nx('show', 'projects', ...words)).sort()).toEqual([...appNames].sort());
  }, 60_000);
});
