import { expect, test } from 'vitest';
import { sample } from './prometheus.ts';

const text = `# TYPE open gauge
open{pod="a",zone="x"} 2
open{pod="b",zone="x"} 3
open_max 7
`;

test.each([
  ['open', 5],
  ['open{pod="b"}', 3],
  ['open{zone="x"}', 5],
  ['open_max', 7],
  ['open{pod="c"}', undefined],
  ['op', undefined],
])('%s is %s', (series, value) => {
  expect(sample(text, series)).toBe(value);
});
