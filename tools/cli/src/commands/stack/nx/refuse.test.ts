import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../testing.ts';
import { checkWords, questionOf } from './check-reach.ts';
import { readNxCommand } from './command.ts';
import { executorNames } from './options.ts';
import type { Reached } from './reach.ts';
import { checkArrival, verbsOf } from './refuse.ts';

/** Splits a line at its spaces; those in single quotes stay. */
const words = (line: string) =>
  (line.match(/(?:'[^']*'|\S)+/g) ?? []).map((word) => word.replaceAll("'", ''));
function commandOf(line: string) {
  const command = readNxCommand(words(line));
  if (!command) throw new Error(`${line} runs no task`);
  return command;
}

describe('what Nx would not hand on is refused, with the form that works', () => {
  test.each([
    [
      "run registry:destroy --target 'urn:a::b$c::d'",
      '--target',
      "registry && npx envoy-poc destroy '--target=urn:a::b$c::d'",
    ],
    ['run registry:destroy --target=urn:x --stack blue', '--target', 'destroy --target=urn:x --stack=blue'],
    ['run registry:destroy -t urn:x', '-t', 'registry && npx envoy-poc destroy --target=urn:x'],
    ['destroy registry -t urn:x', '-t', 'registry && npx envoy-poc destroy --target=urn:x'],
    ['run registry:deploy --exclude urn:x', '--exclude', 'npx envoy-poc deploy --exclude=urn:x'],
    ['run cluster:deploy --parallel 1', '--parallel', 'NX_PARALLEL=1'],
    ['run cluster:deploy --parallel=1 --graph=g.json', '--parallel', 'npx envoy-poc deploy --parallel=1;'],
    ['run cluster:deploy -p 1', '-p', 'npx envoy-poc deploy --parallel=1'],
    ['run cluster:deploy --verbose 9', '--verbose', 'NX_VERBOSE_LOGGING=true'],
    ['run cluster:deploy -c cluster:minNodes=3', '-c', 'npx envoy-poc deploy --config=cluster:minNodes=3'],
    [
      'run-many -t deploy --parallel=1',
      '--parallel',
      'cd projects/<layer> && npx envoy-poc deploy --parallel=1',
    ],
    ['run-many -t destroy --target urn:x::y', '--target', 'npx envoy-poc destroy'],
    ['run-many -t destroy -t urn:x::y', '-t', 'npx envoy-poc destroy'],
    ['run-many -t destroy --exclude urn:x::y', '--exclude', 'npx envoy-poc destroy'],
    ['affected -t deploy --verbose', '--verbose', 'npx envoy-poc deploy'],
    ['run ws-server:push --parallel 3', '--parallel', 'npx envoy-poc deploy'],
  ])('%s', (line, option, form) => {
    const check = () => checkArrival(commandOf(line));
    expect(check).toThrow(`Nx keeps ${option} for itself`);
    expect(check).toThrow(form);
  });

  // Nx's parser takes what begins with the name of an option of its own for that option.
  test.each(['--exclude-protected', '--target-dependents', '--target-dependent', '--parallel-x=3'])(
    'run registry:destroy %s',
    (word) => {
      expect(() => checkArrival(commandOf(`run registry:destroy ${word}`))).toThrow('Nx keeps -');
    },
  );

  test.each([
    ['run registry:destroy --stack blue -- --diff', 'Nx drops --stack'],
    ['run registry:destroy --cwd projects/network', 'Nx itself would obey --cwd'],
    ['run registry:destroy --command=ls', 'Nx itself would obey --command'],
    ['run registry:destroy --env.STACK=blue', 'Nx itself would obey --env'],
    ['run registry:destroy --color never', 'Nx itself would obey --color'],
    ['run registry:destroy -- --parallel 5', 'Nx itself would obey --parallel'],
    ["run registry:deploy --message 'costs $5'", 'Nx hands costs $5 to a shell'],
    ["run registry:deploy --replace 'urn:a$b'", 'Nx hands urn:a$b to a shell'],
    ["run registry:deploy -m='a b'", 'Nx hands -m=a b to a shell'],
  ])('%s', (line, message) => {
    expect(() => checkArrival(commandOf(line))).toThrow(message);
  });
});

test.each([
  'run-many -t deploy --exclude registry,workloads -p network,cluster,registry --stack blue',
  'run-many --targets=preview,drift --skip-nx-cache --outputStyle=static --nx-bail',
  'run --project registry --target destroy --yes',
  'run registry:destroy --yes -s dev -m text',
  "destroy registry --message 'a (b) c; d'",
  'affected -t deploy --base main --head HEAD --exclude registry',
  'run workloads:destroy -- --target urn:x::y --stack blue',
  'run registry:destroy --help',
  'run registry:destroy --yes --no-tui --skip-nx-cache --output-style static --nxBail',
  'run-many -t test --parallel=4 --verbose',
  'run e2e:test --parallel 1 -c x',
])('%s means what Nx makes of it', (line) => {
  expect(() => checkArrival(commandOf(line))).not.toThrow();
});

test.each(['show projects --affected', 'graph', '--version', 'reset'])('%s runs no task', (line) => {
  expect(readNxCommand(words(line))).toBeUndefined();
});

test('knows what is run, however it is said', () => {
  for (const line of [
    'run a:destroy',
    'destroy a',
    'run-many -t build,destroy',
    'affected --target=destroy',
  ]) {
    expect(verbsOf(commandOf(line)), line).toEqual(['destroy']);
  }
  expect(verbsOf(commandOf('run ws-server:push'))).toEqual(['deploy']);
  expect(verbsOf(commandOf('run a:test'))).toEqual([]);
});

const destroys = (...layers: Reached['layer'][]): Reached[] =>
  layers.map((layer) => ({ layer, verb: 'destroy' }));
const both = destroys('registry', 'workloads');

test.each(['--remove', '--config-path', '-ys dev -x urn:x::y'])('%s belongs to one layer', (more) => {
  const command = commandOf(`run registry:destroy ${more}`);
  const refused = /belongs to one layer.*registry, workloads.*cd projects\/registry/;
  expect(() => checkWords(command, both, {})).toThrow(refused);
  expect(() => checkWords(command, destroys('workloads'), {})).not.toThrow();
});

test('words that are no good are told before anything starts', () => {
  expect(() => checkWords(commandOf('run registry:destroy --stakc blue'), both, {})).toThrow(
    '--stakc is no option',
  );
  expect(() => checkWords(commandOf('run registry:destroy --stack a -s b'), both, {})).toThrow(
    '2 stacks are named',
  );
});

test.each([
  ['run registry:destroy', both, 'stack dev has in 2 layers: workloads, registry'],
  ['run registry:destroy -s blue --yes=false', both, 'stack blue has in 2 layers'],
  ['run registry:destroy --yes=0', both, 'stack dev has in 2 layers'],
  ['run registry:destroy --yes --yes=F', both, 'stack dev has in 2 layers'],
  ['run registry:destroy --preview-only=false', both, 'stack dev has in 2 layers'],
  ['run registry:destroy --yes', both, undefined],
  ['run registry:destroy -y', both, undefined],
  ['run registry:destroy --preview-only', both, undefined],
  ['run workloads:destroy', destroys('workloads'), undefined],
])('%s asks when it reaches more than one layer', (line, reached, question) => {
  const asked = questionOf(commandOf(line), reached, {});
  if (question === undefined) expect(asked).toBeUndefined();
  else expect(asked).toContain(question);
});

test('knows what the executor of Nx takes for itself', () => {
  const file = join(root, 'node_modules/nx/dist/src/executors/run-commands/run-commands.impl.js');
  const [, list = ''] = /propKeys = \[([^\]]*)\]/.exec(readFileSync(file, 'utf8')) ?? [];
  expect([...list.matchAll(/'([^']+)'/g)].map(([, name]) => name)).toEqual(executorNames);
});
