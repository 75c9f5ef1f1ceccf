import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCommandLine } from './command-line.ts';
import { fakeWorkspace, root } from './testing.ts';
import { pulumiWordsOf } from './words.ts';

const folder = join(root, 'projects/registry');
const read = (words: string[], env = {}) => readCommandLine('destroy', words, { folder, env });

describe('the stack, and what Pulumi gets besides', () => {
  test.each([
    [[], {}, 'dev', []],
    [[], { STACK: 'staging' }, 'staging', []],
    [['-s', 'dev'], { STACK: 'staging' }, 'dev', []],
    [['-sdev'], { STACK: 'staging' }, 'dev', []],
    [['-s=dev'], { STACK: 'staging' }, 'dev', []],
    [['-yfs', 'staging'], {}, 'staging', ['--yes', '--skip-preview']],
    [['-yfsstaging'], {}, 'staging', ['--yes', '--skip-preview']],
    [['--stack=staging', '--stack', 'staging', '-s', 'staging'], {}, 'staging', []],
    // The value of another option, and no stack.
    [['--message', '-s', '--target=-s'], {}, 'dev', ['--message=-s', '--target=-s']],
    [['-m', '--stack=staging'], {}, 'dev', ['--message=--stack=staging']],
    [['--cwd', '.', '-C', folder], {}, 'dev', []],
  ])('%j with %j', (words, env, stack, more) => {
    const line = read(words, env);
    expect(line.stack).toBe(stack);
    expect(pulumiWordsOf(line.words)).toEqual(more);
  });
});

test.each([
  [['--stack', 'staging', '-s', 'dev'], '2 stacks are named, staging and dev'],
  [['--stack=staging', '-fsdev'], '2 stacks are named'],
  [['--stack='], 'names no stack'],
  [['-s'], '--stack needs a value'],
  [['-C', '../network'], '--cwd ../network leads to another folder'],
  [['--cwd=../network'], 'leads to another folder'],
  [['-yC../network'], 'leads to another folder'],
  [['-C', 'nowhere'], 'leads to another folder'],
  [['--config-file', 'x.yaml'], '--config-file x.yaml takes the settings from elsewhere'],
  [['staging'], 'nobody knows what "staging" is'],
  [['--', '-s', 'dev'], 'nobody knows what "-s" is'],
  [['--remote', 'x'], '--remote is no option of pulumi destroy'],
  [['-Zs', 'dev'], '-Z in -Zs is no option'],
])('%j is refused', (words, message) => {
  expect(() => read(words)).toThrow(message);
});

test('a drift stays one that changes nothing', () => {
  expect(() => readCommandLine('drift', ['--preview-only=false', '--yes'], { folder, env: {} })).toThrow(
    '--preview-only is not for drift',
  );
});

describe('the guard of a destroy is about the stack that Pulumi destroys', () => {
  test.each([
    [['-s', 'dev'], { STACK: 'staging' }],
    [['-sdev'], { STACK: 'staging' }],
    [['-yfs', 'dev'], { STACK: 'staging' }],
    [['--stack=dev'], { STACK: 'staging' }],
    [[], { STACK: 'dev' }],
  ])('%j with %j', async (words, env) => {
    const workspace = await fakeWorkspace({ dev: 22 });
    const { code, output } = await workspace.run('registry', ['destroy', ...words], env);
    expect(output).toContain('registry, stack dev, is still needed by workloads (22 resources)');
    expect(code).toBe(1);
    expect(await workspace.changes()).toEqual([]);
  });

  test.each([
    [['--stack', 'staging', '--stack', 'dev']],
    [['--stack', 'staging', '-s', 'dev']],
    [['-C', '../registry/../network', '--stack', 'staging']],
    [['--cwd=../network', '--stack', 'staging']],
  ])('%j is bad usage', async ([...words]) => {
    const workspace = await fakeWorkspace({ dev: 22, staging: 0 });
    expect(await workspace.run('registry', ['destroy', ...words])).toMatchObject({ code: 2 });
    expect(await workspace.changes()).toEqual([]);
  });

  test('nothing in the way, it destroys the one that was named', async () => {
    const workspace = await fakeWorkspace({ dev: 22 });
    await workspace.run('workloads', ['destroy', '-s', 'dev', '--message', 'a b'], { STACK: 'staging' });
    expect(await workspace.changes()).toEqual([
      'workloads: destroy --yes --stack dev --message=a b --non-interactive',
    ]);
  });
});
