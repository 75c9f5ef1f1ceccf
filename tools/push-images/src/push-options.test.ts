import { expect, test } from 'vitest';
import { pushCommand } from './command-line.ts';
import { pushOptionNames, splitPushOptions } from './push-options.ts';

test('every option of the command is named there, but for those that deploys have too', () => {
  const shared = ['--stack', '--json', '--ignore-unknown'];
  const own = pushCommand('push-images').options.map(({ long }) => long ?? '');
  expect(own.filter((name) => !shared.includes(name)).sort()).toEqual(pushOptionNames.toSorted());
});

test('options are told apart, with their values in either form', () => {
  const words = ['--repository', 'a', '--parallel', '5', '--endpoint=b', '--no-build', '--refresh'];
  const { push, others } = splitPushOptions(words);
  expect(Object.fromEntries(push)).toEqual({
    '--repository': ['--repository', 'a'],
    '--endpoint': ['--endpoint=b'],
    '--no-build': ['--no-build'],
  });
  expect(others).toEqual(['--parallel', '5', '--refresh']);
});
