import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { have } from '@envoy-poc/testing';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { layers } from './contract.ts';

const root = join(import.meta.dirname, '../../..');
const pulumiYaml = z.object({
  main: z.string(),
  runtime: z.object({ options: z.object({ nodeargs: z.string() }) }),
});

/** The Node that a person has on PATH, besides the one that `npm ci` installs. */
const own = (process.env.PATH ?? '').split(':').find((folder) => {
  if (folder.includes('node_modules')) return false;
  const { stdout } = spawnSync(join(folder, 'node'), ['--version'], { encoding: 'utf8' });
  return /^v(20|22)\./.test(stdout ?? '');
});

const older = have('node-20', own !== undefined, 'Install Node 20 or 22, such as Debian has.');
const nodes: [string, string[]][] = [
  // What older ones lack, taken from the Node of npm ci.
  ['a Node that knows no TypeScript', [process.execPath, '--no-experimental-strip-types']],
  ...(older ? [[`${own}/node`, [join(own ?? '', 'node')]] satisfies [string, string[]]] : []),
];

test.each(nodes)(
  '%s loads every layer, as the Pulumi CLI starts it',
  (_, [command = '', ...flags]) => {
    const programs = layers.map((layer) => {
      const text = readFileSync(join(root, 'projects', layer, 'Pulumi.yaml'), 'utf8');
      const { main, runtime } = pulumiYaml.parse(parse(text));
      return { file: join(root, 'projects', layer, main), nodeargs: runtime.options.nodeargs };
    });
    const [first] = new Set(programs.map(({ nodeargs }) => nodeargs));
    const load = programs.map(
      ({ file }) => `console.log(typeof (await import(${JSON.stringify(file)})).default);`,
    );
    const words = [...flags, ...(first ?? '').split(' '), '--input-type=module', '--eval', load.join('\n')];
    // Pulumi starts a program in the folder of its main file.
    const cwd = join(programs[0]?.file ?? '', '..');
    expect(execFileSync(command, words, { cwd, encoding: 'utf8' })).toBe('function\n'.repeat(layers.length));
  },
  120_000,
);
