import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Exception, houseFaults } from './house.ts';

const exceptions: readonly Exception[] = [
  {
    from: 'tools/cli',
    to: 'tools/console',
    why: 'the page that the program serves, in a package of its own since it is built for browsers',
  },
  {
    from: 'tools/cli',
    to: 'tools/push-images',
    why: 'a verb of the program, and a package of its own whose bundle runs without this workspace',
  },
];

test('packages import what others export, what they declare, and along the arrows of the house', () => {
  expect(houseFaults(join(import.meta.dirname, '../../..'), exceptions)).toEqual([]);
});

test('control: in a house with one fault of each kind, each is found', () => {
  const unused = { from: 'libs/books', to: 'apps/shop', why: 'once it did' };
  const used = { from: 'tools/hammer', to: 'tools/saw', why: 'this is allowed' };
  expect(houseFaults(join(import.meta.dirname, '../fixtures/house'), [unused, used]).sort()).toEqual([
    'apps/shop/src/index.ts imports ../../../libs/shelf/src/index.ts, a file of another package',
    'apps/shop/src/index.ts imports @house/shelf/src/index.ts, which @house/shelf does not export',
    'bench/race.ts imports ../tools/hammer/src/index.ts, a file of another package',
    'libs/books has no exports, so that anybody may import all of it',
    'libs/books imports nothing of apps/shop any more',
    'libs/shelf/src/index.ts imports @house/shop, but nothing in libs may import apps/shop',
    'projects/roof/src/index.ts imports @house/ground, which @house/ground does not export',
    'tools/hammer/src/index.ts imports @house/shelf, which tools/hammer/package.json does not declare',
    'tools/hammer/src/index.ts imports @house/shop, but nothing in tools may import apps/shop',
  ]);
});
