import * as pulumi from '@pulumi/pulumi';
import { expect, test } from 'vitest';
import { exampleOf } from '../contract.ts';
import { read, readOwn } from './read.ts';

interface StackOutputs {
  outputs?: Record<string, unknown>;
  secretOutputNames?: string[];
}

/** An engine that holds the given stacks. */
async function engine(
  stacks: Record<string, StackOutputs>,
  { preview = false, halfWritten = { times: 0, error: '' } } = {},
) {
  let reads = 0;
  const stackOf = (name: string) => {
    const stack = stacks[name];
    if (!stack) throw Object.assign(new Error(), { details: `unknown stack "${name}"` });
    return stack;
  };
  await pulumi.runtime.setMocks(
    {
      newResource: ({ inputs }) => ({ id: inputs.name, state: { ...inputs, ...stackOf(inputs.name) } }),
      call: ({ inputs }) => {
        reads += 1;
        if (reads > halfWritten.times) return stackOf(inputs.name);
        throw Object.assign(new Error(), { details: halfWritten.error });
      },
    },
    'cluster',
    'dev',
    preview,
  );
  return () => reads;
}

const network = 'organization/network/dev';

test("reads the same layer's outputs, each typed", async () => {
  await engine({ [network]: { outputs: exampleOf('network') } });
  const { vpcId, publicSubnets } = await read('network');
  const [id, first] = await new Promise<[string, string | undefined]>((resolve) => {
    pulumi.all([vpcId, publicSubnets]).apply(([id, subnets]) => resolve([id, subnets[0]?.cidr]));
  });
  expect([id, first]).toEqual([exampleOf('network').vpcId, '172.245.0.0/19']);
});

test('reads another stack when told', async () => {
  await engine({ 'organization/network/shared': { outputs: exampleOf('network', { region: 'eu-west-1' }) } });
  const { region } = await read('network', 'shared');
  expect(await new Promise((resolve) => region.apply(resolve))).toBe('eu-west-1');
});

test('of its own stack, what still is what the contract says; of none, nothing', async () => {
  const { vpcCidr, publicSubnets } = exampleOf('network');
  await engine({ [network]: { outputs: { vpcCidr, publicSubnets, region: 7, forgotten: true } } });
  expect(await readOwn('network')).toEqual({ vpcCidr, publicSubnets });
  await engine({});
  expect(await readOwn('network')).toEqual({});
  await engine({ [network]: { outputs: {} } });
  expect(await readOwn('network')).toEqual({});
});

test.each(['failed to load checkpoint: EOF', 'failed to load checkpoint: unexpected end of JSON input'])(
  'a state that is being written is read again (%s)',
  async (error) => {
    const { vpcCidr } = exampleOf('network');
    const stacks = { [network]: { outputs: { vpcCidr } } };
    const reads = await engine(stacks, { halfWritten: { times: 2, error } });
    expect(await readOwn('network')).toEqual({ vpcCidr });
    expect(reads()).toBe(3);
  },
);

test.each([
  ['one that stays as it is', 'failed to load checkpoint: EOF', 6],
  ['another fault', 'failed to load checkpoint: AccessDenied', 1],
])('is not read for ever: %s', async (_, error, tries) => {
  const reads = await engine({}, { halfWritten: { times: 100, error } });
  await expect(readOwn('network')).rejects.toThrow(error);
  expect(reads()).toBe(tries);
});

test('keeps a secret secret, and only that', async () => {
  await engine({ [network]: { outputs: exampleOf('network'), secretOutputNames: ['vpcId'] } });
  const { vpcId, vpcCidr } = await read('network');
  expect([await pulumi.isSecret(vpcId), await pulumi.isSecret(vpcCidr)]).toEqual([true, false]);
});

test('a missing or wrong output is an error before anything is created', async () => {
  const { vpcId: _, ...outputs } = exampleOf('network', { region: 'nowhere' });
  await engine({ [network]: { outputs } });
  const failure = await read('network').catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(pulumi.RunError);
  expect(String(failure)).toContain('output vpcId is missing');
  expect(String(failure)).toContain('output region is "nowhere"');
});

test('a stack that is not there is an error that says what to deploy', async () => {
  await engine({});
  await expect(read('network')).rejects.toThrow(
    'layer network has no stack dev in this backend, and this layer reads its outputs.\n' +
      'Deploy it, then try again: npx nx run network:deploy --stack dev',
  );
});

test.each([
  ['is not there', {}],
  ['has published nothing yet', { [network]: { outputs: {} } }],
])('in a preview, of a stack that %s: also what can be seen before the first deploy', async (_, stacks) => {
  await engine(stacks, { preview: true });
  await expect(read('network')).rejects.toThrow(
    /npx nx run network:deploy --stack dev\nBefore that only layers that read no other can be previewed; all five, on doubles of AWS: npx envoy-poc cost --stack dev$/,
  );
});

test('what a preview does not know stays unknown', async () => {
  await engine({ [network]: { outputs: exampleOf('network') } }, { preview: true });
  const known = await read('network');
  await engine(
    { [network]: { outputs: { ...exampleOf('network'), vpcId: pulumi.unknown } } },
    { preview: true },
  );
  const { vpcId, region } = await read('network');
  const seen: unknown[] = [];
  for (const output of [known.vpcId, vpcId, region]) output.apply((value) => seen.push(value));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(seen).toEqual([exampleOf('network').vpcId]);
});
