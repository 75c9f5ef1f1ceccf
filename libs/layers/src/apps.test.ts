import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { appNames, appOf, apps } from './apps.ts';

const root = resolve(import.meta.dirname, '../../..');

/** The TypeScript of a folder that is neither a test nor for tests. */
function sourcesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(
      (file) => file.endsWith('.ts') && !/(^|\/)(node_modules|dist|testing|kube|scenarios)\//.test(file),
    )
    .filter((file) => !/\.(rig\.)?test\.ts$/.test(file))
    .map((file) => join(folder, file));
}

const manifestOf = (folder: string) =>
  JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
    nx?: {
      name?: string;
      tags?: string[];
      implicitDependencies?: string[];
      targets?: Record<string, { dependsOn?: { projects?: string[]; target?: string }[] }>;
    };
  };

test('every app that is pushed is in the list, and no other', () => {
  const folders = readdirSync(join(root, 'apps')).map((app) => ({ app, nx: manifestOf(`apps/${app}`).nx }));
  const names = (all: typeof folders) => all.map(({ app }) => app).sort();
  expect(names(folders.filter(({ nx }) => nx?.targets?.push))).toEqual([...appNames].sort());
  expect(names(folders.filter(({ nx }) => nx?.tags?.includes('image')))).toEqual([...appNames].sort());
});

test('each has a repository and a workload of its own', () => {
  const all = Object.values(apps);
  expect(new Set(all.map(({ repository }) => repository)).size).toBe(all.length);
  expect(Object.values(appOf).sort()).toEqual([...appNames].sort());
});

test('no other source names one', () => {
  const naming = ['libs', 'projects', 'tools']
    .flatMap(sourcesIn)
    .filter((file) => file !== 'libs/layers/src/apps.ts')
    .filter((file) => {
      // Words in a comment are for people.
      const code = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
      // The name of a Kubernetes object may end like it.
      return appNames.some((app) => new RegExp(`(?<![\\w-])${app}(?![\\w-])`).test(code));
    });
  expect(naming).toEqual([]);
});

test('what Nx knows of them, it knows by their tag', () => {
  for (const folder of ['projects/workloads', 'tools/cli', 'e2e']) {
    const implicit = manifestOf(folder).nx?.implicitDependencies ?? [];
    expect(implicit, folder).toContain('tag:image');
    expect(implicit.filter((name) => appNames.some((app) => app === name))).toEqual([]);
  }
  const waits = manifestOf('projects/workloads').nx?.targets?.deploy?.dependsOn ?? [];
  expect(waits.find(({ target }) => target === 'push')?.projects).toEqual(['tag:image']);
});
