import { expect, test } from 'vitest';
import { type Options, parseOptions } from './options.ts';
import { type Fault, type Part, partsOf, planOf, restartsOf, type Starting } from './parts.ts';

/** Nothing of it is asked here, where nothing is started. */
const starting = { folder: '/nowhere' } as Starting;

/** What each process is told by some words of the command line. */
function told(words: string, fault?: Fault): Map<string, string> {
  return new Map(partsFor(words, fault).map(({ name, told }) => [name, told]));
}

const partsFor = (words: string, fault?: Fault): Part[] =>
  partsOf(planOf(optionsOf(words), '127.5', fault), starting);

function optionsOf(words: string): Options {
  const options = parseOptions(words.split(' ').filter(Boolean));
  if (!options) throw new Error('only help was asked for');
  return options;
}

/** Kinds of the processes that are told something else, or that are only in one of the two. */
function touched(words: string, fault?: Fault): string {
  const [before, after] = [told(''), told(words, fault)];
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const changed = names.filter((name) => before.get(name) !== after.get(name));
  return [...new Set(changed.map((name) => name.replace(/\d+$/, 'n')))].sort().join(' ');
}

test.each([
  ['', ''],
  ['--connections-per-pod 3', 'pod-n'],
  ['--new-connections-per-second 2', 'edge-n picker-n'],
  ['--client-replicas 11', 'client-n'],
  ['--edge-replicas 2', 'client-n edge-n'],
])('%s touches %s', (words, kinds) => {
  expect(touched(words)).toBe(kinds);
});

test.each([
  ['', 'pods; pickers edges; edges; edges clients'],
  ['--admission shared', 'pods; edges; edges; edges clients'],
  ['--server-replicas 1 --edge-replicas 1', 'pods; pickers edges; edges; edges clients'],
])('what each changeable limit starts again: %s', (words, groups) => {
  const restarts = restartsOf(optionsOf(words));
  expect(Object.keys(restarts)).toEqual([
    ...['connectionsPerPod', 'newConnectionsPerSecond', 'serverReplicas', 'edgeReplicas'],
  ]);
  expect(
    Object.values(restarts)
      .map((group) => group.join(' '))
      .join('; '),
  ).toBe(groups);
});

test('another number of pods starts none of them again, but the edges, which know their addresses', () => {
  const [before, after] = [told(''), told('--server-replicas 6')];
  for (const [name, words] of before) expect(after.get(name) === words, name).toBe(!name.startsWith('edge-'));
  expect([...after.keys()].filter((name) => !before.has(name))).toEqual(['pod-5', 'pod-6']);
});

test('a client that is added starts nobody else', () => {
  const [before, after] = [told(''), told('--client-replicas 11')];
  for (const [name, words] of before) expect(after.get(name)).toBe(words);
});

test.each<[string, Fault, string]>([
  ['pods without their limit', { connectionsPerPod: 1000 }, 'pod-n'],
  ['edges that believe to be alone', { edgeLimits: { edgeReplicas: 1 } }, 'edge-n'],
  ['edges that believe everybody', { trustedProxyCidrs: ['127.0.0.0/8'] }, 'edge-n'],
  ['a patch', { patch: (bootstrap) => void bootstrap.static_resources.clusters.pop() }, 'edge-n'],
])('%s', (_, fault, kinds) => {
  expect(touched('', fault)).toBe(kinds);
});

test('an edge knows the limits that it keeps; of a patched one nobody does', () => {
  const limitsOf = (fault?: Fault) =>
    partsFor('--new-connections-per-second 3', fault).find(({ group }) => group === 'edges')?.limits;
  expect(limitsOf()).toMatchObject({ newConnectionsPerSecond: 3, edgeReplicas: 3 });
  expect(limitsOf({ edgeLimits: { edgeReplicas: 1 } })).toMatchObject({ edgeReplicas: 1 });
  expect(limitsOf({ patch: () => {} })).toBeUndefined();
});
