import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '@envoy-poc/cli/start';
import { Rehearsal } from '@envoy-poc/doubles';
import { freePort } from '@envoy-poc/env/listen';
import { type Part, quantile, row, type Setting } from '../part.ts';
import { folderBytes } from './folder-bytes.ts';

/** What somebody waits for who has just found this repository. */
const waits = {
  clone: '`git clone`, of a folder on this disk',
  install: '`npm ci`, with an empty cache',
  start: '`npm start`, until the first admission; fetches Envoy',
  startAgain: '`npm start` again, until the first admission',
  test: '`npm test`',
  deploy: '`nx run-many -t deploy`, all layers, against the doubles of `npx envoy-poc rehearse`',
  noOpDeploy: 'the same again, nothing changed',
  destroy: '`nx run-many -t destroy`',
} as const;
type Wait = keyof typeof waits;

interface FirstMinutesResult {
  /** Seconds of each round. */
  seconds: Partial<Record<Wait, number[]>>;
  /** Bytes fetched in the first round. */
  fetched: { git: number; npm: number; pip: number };
}

const workspace = join(import.meta.dirname, '../..');

export const firstMinutes: Part<FirstMinutesResult> = {
  name: 'first-minutes',
  about: 'from a clone to the first admission, what is fetched, deploys without an account; --full: npm test',
  async measure({ rounds, full, progress, ...setting }) {
    const seconds: FirstMinutesResult['seconds'] = {};
    const timed = async (wait: Wait, action: () => Promise<void>) => {
      progress(`first-minutes: ${waits[wait]}`);
      const began = performance.now();
      await action();
      seconds[wait] = [...(seconds[wait] ?? []), (performance.now() - began) / 1000];
    };
    const places = placesIn(setting.folder);
    // Once: a second time, the disk and the registries would have it at hand.
    await timed('clone', () => run(['git', 'clone', '--quiet', workspace, places.clone], places, setting));
    await timed('install', () => run(['npm', 'ci', '--no-audit', '--no-fund'], places, setting));
    await timed('start', () => firstAdmission(places, setting));
    for (let round = 0; round < rounds; round++) {
      await timed('startAgain', () => firstAdmission(places, setting));
    }
    if (full) await timed('test', () => run(['npm', 'test'], places, setting));
    if (spawnSync('pulumi', ['version']).status === 0) await measureDeploys(timed);
    else console.error('bench: SKIPPED deploys: no pulumi on PATH; https://www.pulumi.com/docs/install/');
    const fetched = {
      git: await folderBytes(join(places.clone, '.git/objects')),
      npm: await folderBytes(join(places.npm, '_cacache/content-v2')),
      pip: await folderBytes(places.pip),
    };
    return { seconds, fetched };
  },
  section({ seconds, fetched }) {
    const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
    return [
      '## The first minutes',
      '',
      `Fetched: ${megabytes(fetched.git)} by git, ${megabytes(fetched.npm)} by npm` +
        (fetched.pip > 0 ? `, ${megabytes(fetched.pip)} by pip (Envoy).` : '; Envoy was on this machine.'),
      '',
      '| what | seconds | least and greatest |',
      '| --- | --- | --- |',
      ...(Object.keys(waits) as Wait[]).flatMap((wait) => {
        const of = seconds[wait];
        if (!of) return [];
        const spread = of.length > 1 ? `${Math.min(...of).toFixed(1)}-${Math.max(...of).toFixed(1)}` : '';
        return [row(waits[wait], quantile(of, 0.5).toFixed(1), spread)];
      }),
    ];
  },
};

/** A clone, and empty caches. */
interface Places {
  clone: string;
  npm: string;
  pip: string;
  /** What is kept by this project's tools. */
  cache: string;
}

function placesIn(folder: string): Places {
  const [clone = '', npm = '', pip = '', cache = ''] = ['clone', 'npm', 'pip', 'cache'].map((name) =>
    join(folder, name),
  );
  return { clone, npm, pip, cache };
}

type Rim = Pick<Setting, 'reaper' | 'network'>;

function start(
  words: readonly string[],
  places: Places,
  { reaper, network }: Rim,
  onLine?: (line: string) => void,
) {
  const { NODE_COMPILE_CACHE: _, PIP_NO_CACHE_DIR: __, ...inherited } = process.env;
  const folder = words[0] === 'git' ? workspace : places.clone;
  return new Child({
    name: words.join(' '),
    program: 'sh',
    args: ['-c', 'cd "$0" && exec "$@"', folder, ...words],
    env: {
      ...(inherited as Record<string, string>),
      LOCAL_NETWORK: network(),
      npm_config_cache: places.npm,
      PIP_CACHE_DIR: places.pip,
      XDG_CACHE_HOME: places.cache,
    },
    reaper,
    ...(onLine && { onLine }),
  });
}

/** Runs a command to its end; throws, with its last lines, where it fails. */
async function run(words: readonly string[], places: Places, rim: Rim): Promise<void> {
  const child = start(words, places, rim);
  const how = await child.ended;
  if (how !== 'exited with 0') throw child.death(how);
}

async function firstAdmission(places: Places, rim: Rim): Promise<void> {
  let admitted = () => {};
  const admission = new Promise<void>((resolve) => {
    admitted = resolve;
  });
  const child = start(['npm', 'start', '--', '--port', String(await freePort())], places, rim, (line) => {
    if (/^[\d:.]+ open /.test(line)) admitted();
  });
  try {
    await Promise.race([
      admission,
      child.ended.then((how) => Promise.reject(child.death(how))),
      sleep(600_000, undefined, { ref: false }).then(() =>
        Promise.reject(child.death('admitted nobody in 600 s')),
      ),
    ]);
  } finally {
    if (child.running) process.kill(-child.pid, 'SIGTERM');
    await child.ended;
  }
}

async function measureDeploys(
  timed: (wait: Wait, action: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const rehearsal = await Rehearsal.start();
  try {
    for (const [wait, verb] of [
      ['deploy', 'deploy'],
      ['noOpDeploy', 'deploy'],
      ['destroy', 'destroy'],
    ] as const) {
      await timed(wait, async () => {
        const { code, ending, output } = await rehearsal.nx(
          'run-many',
          '-t',
          verb,
          ...(verb === 'destroy' ? ['--yes'] : []),
        );
        if (code !== 0) throw new Error(`${ending}\n${output.slice(-2000)}`);
      });
    }
  } finally {
    await rehearsal.close();
  }
}
