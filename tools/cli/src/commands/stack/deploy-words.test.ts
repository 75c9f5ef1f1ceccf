import { expect, test } from 'vitest';
import { needlessDeploy } from './deploy-words.ts';
import { parseWords, pulumiWordsOf } from './words.ts';

const registry = { layer: 'registry' } as const;
const network = { layer: 'network' } as const;
const parse = (words: string[]) => parseWords('deploy', words);

test("a push's options do not reach Pulumi, and all others do", () => {
  const words = parse([
    '--refresh',
    '--base',
    'oci:base',
    '--parallel',
    '5',
    '--endpoint=http://127.0.0.1:1',
    '--tag=v1',
  ]);
  for (const target of [registry, network]) expect(needlessDeploy(target, words)).toBeUndefined();
  expect(pulumiWordsOf(words)).toEqual(['--refresh', '--parallel=5']);
});

test.each([
  [['--repository', 'url', '--endpoint', 'http://127.0.0.1:1'], '--repository url'],
  [['--output=oci:dir'], '--output=oci:dir'],
  [['--dry-run', '--json'], '--dry-run'],
  [['--verify'], '--verify'],
])('with %j the registry layer has nothing to do, and says why', (words, why) => {
  expect(needlessDeploy(registry, parse(words))).toBe(`the push has ${why}, so nothing is deployed`);
});

test('a mistyped option beside a named repository is refused, as no deploy would check it', () => {
  expect(() => parse(['--repository', 'url', '--endpiont=a'])).toThrow('--endpiont is no option of a push');
  expect(() => needlessDeploy(registry, parse(['--repository', 'url', '--refresh']))).toThrow(
    '--refresh is no option of a push',
  );
});

test('a deploy of another layer with an option for a push alone is refused: it would really deploy', () => {
  expect(() => needlessDeploy(network, parse(['--dry-run']))).toThrow('--dry-run is for a push alone');
});
