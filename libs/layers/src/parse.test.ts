import { expect, test } from 'vitest';
import { exampleOf, layers } from './contract.ts';
import { noStackError, parseOutputs } from './parse.ts';

test.each(layers)('the double of %s holds what its contract says', (layer) => {
  expect(parseOutputs(layer, 'dev', exampleOf(layer))).toEqual(exampleOf(layer));
});

test('a double is a fresh copy, with what the test replaces', () => {
  exampleOf('network').publicSubnets.pop();
  expect(exampleOf('network', { vpcCidr: '10.0.0.0/16' })).toMatchObject({
    vpcCidr: '10.0.0.0/16',
    publicSubnets: [{}, {}],
  });
});

test('names every missing or wrong output, what was expected, and how to deploy the layer', () => {
  const { vpcId: _, ...outputs } = exampleOf('network');
  const subnets = outputs.publicSubnets.map((subnet) => ({ ...subnet, cidr: '172.245.0.0/99' }));
  const read = () => parseOutputs('network', 'staging', { ...outputs, publicSubnets: subnets });
  expect(read).toThrow('layer network, stack staging, does not publish what this one reads:');
  expect(read).toThrow('output vpcId is missing; expected the id of the VPC, for example "vpc-');
  expect(read).toThrow('output publicSubnets.1.cidr is "172.245.0.0/99", not valid (an IPv4 range');
  expect(read).toThrow('npx nx run network:deploy --stack staging');
});

test('a stack that was never deployed is told so, not output by output', () => {
  expect(() => parseOutputs('network', 'dev', {})).toThrow('has published nothing yet');
  expect(noStackError('network', 'dev').message).toContain('npx nx run network:deploy --stack dev');
});

test('shows no secret', () => {
  const outputs = { ...exampleOf('cluster'), endpoint: 'hunter2' };
  expect(() => parseOutputs('cluster', 'dev', outputs, ['endpoint'])).toThrow('output endpoint is [secret]');
});

test('leaves out what the contract does not know', () => {
  expect(parseOutputs('registry', 'dev', { ...exampleOf('registry'), added: 1 })).not.toHaveProperty('added');
});
