import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import semver from 'semver';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'));
const wanted: string = read('package.json').engines.node;
const packages: Record<string, { engines?: { node?: string } }> = read('package-lock.json').packages;
const complaints = (range: string) =>
  Object.entries(packages).filter(([, { engines }]) => engines?.node && !semver.subset(range, engines.node));

test('every package accepts every Node that this workspace accepts, so that npm ci warns of none', () => {
  expect(Object.keys(packages).length).toBeGreaterThan(300);
  expect(complaints(wanted).map(([name, { engines }]) => `${name} wants ${engines?.node}`)).toEqual([]);
});

test('a range that is too wide would be found', () => {
  expect(complaints('>=18')).not.toEqual([]);
});

test('the Node of npm ci and of CI, and what the README says, are among them', () => {
  expect(semver.satisfies(read('package.json').devDependencies.node, wanted)).toBe(true);
  const ci = readFileSync(join(root, '.nvmrc'), 'utf8').trim();
  expect(semver.intersects(ci, wanted)).toBe(true);
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const said = /Node 20 \(20\.19 or newer\), 22 \(22\.13 or newer\) or 24 and newer/.test(
    readme.replaceAll(/\s+/g, ' '),
  );
  expect(said && wanted === '^20.19.0 || ^22.13.0 || >=24').toBe(true);
});
