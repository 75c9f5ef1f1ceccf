import * as pulumi from '@pulumi/pulumi';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exampleOf } from '../contract.ts';
import { publish } from './publish.ts';

const network = exampleOf('network');

function preview(on: boolean) {
  const mocks = { newResource: () => ({ id: '', state: {} }), call: () => ({}) };
  return pulumi.runtime.setMocks(mocks, 'network', 'dev', on);
}

beforeEach(() => preview(false));
afterEach(() => preview(false));

/** The value of an Output, or what it failed with. */
function settled(output: pulumi.Output<unknown> | undefined): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const promise = Reflect.get(output ?? {}, 'promise');
    if (typeof promise !== 'function') reject(new Error('not an Output'));
    else promise.call(output).then(resolve, reject);
  });
}

test('gives back every value, nested Outputs resolved', async () => {
  const outputs = publish('network', {
    ...network,
    vpcId: pulumi.output(network.vpcId),
    publicSubnets: network.publicSubnets.map((subnet) => ({ ...subnet, id: pulumi.output(subnet.id) })),
  });
  const plain = await Promise.all(
    Object.entries(outputs).map(async ([name, value]) => [name, await settled(value)]),
  );
  expect(Object.fromEntries(plain)).toEqual(network);
});

test('names every fault at once, what was expected, and shows no secret', async () => {
  const outputs = publish('network', {
    ...network,
    vpcId: 'vpc-wrong',
    vpcCidr: pulumi.secret('hunter2'),
    publicSubnets: network.publicSubnets.slice(0, 1),
  });
  const failure = await settled(outputs.vpcId).catch((error: Error) => error);
  expect(failure).toBeInstanceOf(pulumi.RunError);
  const { message } = failure as Error;
  expect(message).toContain('layer network, stack dev, would break its contract');
  expect(message).toContain('output vpcId is "vpc-wrong", not valid (an id that starts with vpc-)');
  expect(message).toContain('expected the id of the VPC, for example "vpc-');
  expect(message).toContain('output vpcCidr is [secret]');
  expect(message).toContain('at least 2 zones');
  expect(message).not.toContain('hunter2');
  await Promise.allSettled(Object.values(outputs).map(settled));
});

test('keeps each secret, and only it, secret', async () => {
  // Secrets are known by their text, and other tests in this process have theirs: values of this one's own.
  const own = { vpcId: 'vpc-0f1e2d3c4b5a69788', region: pulumi.secret('eu-south-2') };
  const outputs = publish('network', { ...network, ...own });
  expect(await pulumi.isSecret(outputs.region ?? pulumi.output(0))).toBe(true);
  expect(await pulumi.isSecret(outputs.vpcId ?? pulumi.output(0))).toBe(false);
});

test('in a preview, one unknown value leaves the others known', async () => {
  await preview(true);
  const outputs = publish('network', { ...network, vpcId: pulumi.output(pulumi.unknown as string) });
  expect(await settled(outputs.vpcCidr)).toBe(network.vpcCidr);
  expect(await settled(outputs.vpcId)).toBeUndefined();
});
