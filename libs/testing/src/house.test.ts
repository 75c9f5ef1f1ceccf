import { join } from 'node:path';
import { expect, test } from 'vitest';
import { houseFaults } from './house.ts';

test('packages import what others export, what they declare, and along the arrows of the house', () => {
  expect(houseFaults(join(import.meta.dirname, '../../..'))).toEqual([]);
});

test('control: in a house with one fault of each kind, each is found', () => {
  expect(houseFaults(join(import.meta.dirname, '../fixtures/house')).sort()).toEqual([
    'apps/shop/src/index.ts imports ../../../libs/shelf/src/index.ts, a file of another package',
    'apps/shop/src/index.ts imports @house/shelf/src/index.ts, which @house/shelf does not export',
    'bench/race.ts imports ../tools/hammer/src/index.ts, a file of another package',
    'libs/books has no exports, so that anybody may import all of it',
    'libs/shelf/src/index.ts imports @house/shop, but nothing in libs may import apps/shop',
    'projects/roof/src/index.ts imports @house/ground, which @house/ground does not export',
    'tools/hammer/src/index.ts imports @house/shelf, which tools/hammer/package.json does not declare',
    'tools/hammer/src/index.ts imports @house/shop, but nothing in tools may import apps/shop',
  ]);
});
