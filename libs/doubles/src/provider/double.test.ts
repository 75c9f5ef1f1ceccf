import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { type Properties, type Resource, readAccount } from '../account/account.ts';
import { type InjectedFault, setFaults } from '../account/faults.ts';
import { readJournal } from '../account/journal.ts';
import { type Behaviour, doubleOf, type Wanted } from './double.ts';
import { asPreview, UNKNOWN } from './preview.ts';

const type = 'aws:ecr/repository:Repository';
const urn = `urn:pulumi:dev::registry::${type}::app`;

/** A provider without rules, whose operations take no time. */
const behaviour: Behaviour = {
  version: '1.0.0',
  complete: ({ inputs }) => inputs,
  replacement: (_type, _urn, before, after) => ({
    on: before.name === after.name ? [] : ['name'],
    deleteFirst: true,
  }),
  create: (_, { inputs }) => ({ id: String(inputs.name), outputs: { arn: `arn:${inputs.name}` } }),
  checkUpdate: () => {},
  remove: () => {},
  secondsOf: () => 0,
};

let folder: string;
let said: string[];
let double: ReturnType<typeof doubleOf>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'double-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  said = [];
  double = doubleOf(behaviour, folder, (_, message) => said.push(message));
});
const create = async () => double.create?.(urn, { name: 'app' });
const fault = (kind: InjectedFault['kind'], times = 1, on: InjectedFault['on'] = 'create') =>
  setFaults(folder, [{ on, name: 'app', kind, times, ...(kind === 'slow' && { seconds: 3 }) }]);
const there = () => readAccount(folder).map(({ id }) => id);
const journal = () =>
  readJournal(folder).map(({ what, endedAt, error }) => [what, endedAt !== undefined, error]);

test('what is made is in the account, with its inputs and what AWS adds', async () => {
  expect(await create()).toMatchObject({ id: 'app', outs: { name: 'app', arn: 'arn:app' } });
  expect(there()).toEqual(['app']);
  expect(await double.read?.('app', urn, {})).toMatchObject({ props: { arn: 'arn:app' } });
  await double.delete?.('app', urn, {});
  expect(there()).toEqual([]);
  expect(await double.read?.('app', urn, {})).toEqual({ id: '', props: {} });
});

test('denied: nothing is made', async () => {
  fault('deny');
  await expect(create()).rejects.toThrow('AccessDenied');
  expect(there()).toEqual([]);
  expect(journal()).toEqual([['create', true, expect.stringContaining('AccessDenied')]]);
});

test('throttled: the provider tries again by itself, up to a point', async () => {
  fault('throttle', 2);
  await create();
  expect(said).toEqual(['throttled, tries again (1 of 3)', 'throttled, tries again (2 of 3)']);
  expect(there()).toEqual(['app']);
  fault('throttle', 100, 'delete');
  await expect(double.delete?.('app', urn, {})).rejects.toThrow('ThrottlingException');
  expect(there()).toEqual(['app']);
});

test('half-way: there is a resource, of which the engine is told that it is not healthy', async () => {
  fault('half');
  await expect(create()).rejects.toMatchObject({ id: 'app', reasons: [expect.stringContaining('half-way')] });
  expect(there()).toEqual(['app']);
});

test('a lost answer: there is a resource, and the engine is not told', async () => {
  fault('lost');
  const error = await create().catch((reason: unknown) => reason);
  expect(error).toMatchObject({ message: expect.stringContaining('connection reset by peer') });
  expect(error).not.toHaveProperty('id');
  expect(there()).toEqual(['app']);
});

test('slow: it says how far it is, and is in the journal from its beginning', async () => {
  fault('slow');
  const creating = create();
  expect(journal()).toEqual([['create', false, undefined]]);
  await creating;
  expect(said.length).toBeGreaterThan(0);
  expect(said[0]).toMatch(/^still at it, \d s to go$/);
  expect(journal()).toEqual([['create', true, undefined]]);
});

test('a fault is for one operation on one resource, as often as it says', async () => {
  setFaults(folder, [{ on: 'create', name: 'client', kind: 'deny', times: 1 }]);
  await create();
  fault('deny', 1, 'update');
  const update = async () => double.update?.('app', urn, {}, { name: 'app', tags: {} });
  await expect(update()).rejects.toThrow('AccessDenied');
  await expect(update()).resolves.toMatchObject({ outs: { tags: {} } });
});

test('a change is seen against the inputs that were last given, and replaces where it cannot be made in place', async () => {
  const outs = (await create())?.outs;
  const diff = async (news: object) => double.diff?.('app', urn, outs, { ...news });
  expect(await diff({ name: 'app' })).toMatchObject({ changes: false, replaces: [] });
  expect(await diff({ name: 'app', tags: {} })).toMatchObject({ changes: true, replaces: [] });
  expect(await diff({ name: 'other' })).toMatchObject({
    changes: true,
    replaces: ['name'],
    deleteBeforeReplace: true,
  });
});

test('in a preview nothing is made or changed; what stays is known, what only the account can say is not', async () => {
  const aws = {
    ...behaviour,
    shape: ({ inputs }: Wanted) => ({
      arn: 'arn:?',
      network: { ...(inputs.network as object), group: 'sg-?' },
    }),
    outputsAfter: ({ outputs }: Resource, { network }: Properties) => ({
      ...outputs,
      version: 2,
      network: { ...(outputs.network as object), ...(network as object) },
    }),
    create: (_: unknown, { inputs }: Wanted) => ({
      id: String(inputs.name),
      outputs: { arn: 'arn:app', version: 1, network: { ...(inputs.network as object), group: 'sg-1' } },
    }),
  };
  double = doubleOf(aws, folder, () => {});
  const given = { name: 'app', network: { subnets: ['a'], open: UNKNOWN } };
  expect(await asPreview(async () => double.create?.(urn, given))).toMatchObject({
    id: '',
    outs: { name: 'app', arn: UNKNOWN, network: { subnets: ['a'], open: UNKNOWN, group: UNKNOWN } },
  });
  expect([there(), journal()]).toEqual([[], []]);

  const outs = (await double.create?.(urn, { name: 'app', network: { subnets: ['a'] } }))?.outs;
  const before = readAccount(folder);
  const news = { name: 'app', network: { subnets: ['a', 'b'] } };
  const updated = await asPreview(async () => double.update?.('app', urn, outs, news));
  expect(updated).toMatchObject({
    outs: { arn: 'arn:app', version: UNKNOWN, network: { subnets: ['a', 'b'], group: 'sg-1' } },
  });
  expect(readAccount(folder)).toEqual(before);
  expect(await double.update?.('app', urn, outs, news)).toMatchObject({ outs: { version: 2 } });
});
