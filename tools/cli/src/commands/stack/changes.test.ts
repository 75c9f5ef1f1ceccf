import { expect, test } from 'vitest';
import { parseChanges } from './changes.ts';

test('counts what an update did, not what its preview announced', () => {
  const output = `Previewing update (dev):

Resources:
    + 2 to create

Updating (dev):
 +  pulumi:pulumi:Stack network-dev created (0.16s)
Outputs:
    a: 1

Resources:
    + 2 created
    ~ 1 updated
    - 3 deleted
    +-1 replaced
    7 changes. 12 unchanged

Duration: 1s
`;
  expect(parseChanges(output)).toEqual({ created: 2, updated: 1, deleted: 3, replaced: 1, unchanged: 12 });
});

test('a run without changes', () => {
  expect(parseChanges('Resources:\n    41 unchanged\n\nDuration: 2s\n')).toEqual({ unchanged: 41 });
});

test('an empty stack, and output without a table, of which nothing is known', () => {
  expect(parseChanges('Resources:\n\nDuration: 2s\n')).toEqual({});
  expect(parseChanges('error: no stack named')).toBeUndefined();
});
