import * as ec2 from '@pulumi/aws/ec2/index.js';
import * as pulumi from '@pulumi/pulumi';
import { expect, test } from 'vitest';
import { exampleOf } from './contract.ts';
import { read } from './pulumi/read.ts';
import { runLayer } from './testing.ts';

const project = {
  name: 'cluster',
  runtime: 'nodejs',
  main: 'src/index.ts',
  config: { size: { default: 2, description: 'How large' } },
};

test('a program sees the defaults, what replaces them, and what other layers published', async () => {
  const program = async () => {
    const { vpcId } = await read('network');
    return { vpcId, size: new pulumi.Config().requireNumber('size') };
  };
  const network = exampleOf('network');
  const published = { network };
  expect((await runLayer(program, { project, published })).outputs).toEqual({
    vpcId: network.vpcId,
    size: 2,
  });
  expect((await runLayer(program, { project, published, config: { size: 3 } })).outputs.size).toBe(3);
  await expect(runLayer(program, { project })).rejects.toThrow('npx nx run network:deploy --stack dev');
});

test('what it declares and warns of is told, with ids in the shape of AWS', async () => {
  const program = async () => {
    await pulumi.log.warn('mind the gap');
    const vpc = new ec2.Vpc('envoy_poc_vpc', { cidrBlock: '10.0.0.0/16' });
    new ec2.Subnet('envoy_poc_subnet', { vpcId: vpc.id });
    return { id: vpc.id };
  };
  const { outputs, resource, resources, warnings } = await runLayer(program, { project });
  expect(outputs.id).toMatch(/^vpc-[0-9a-f]{17}$/);
  expect(resource('envoy_poc_subnet').inputs).toEqual({ vpcId: outputs.id });
  expect(resources.map(({ name }) => name)).toEqual(['envoy_poc_vpc', 'envoy_poc_subnet']);
  expect(warnings).toEqual(['mind the gap']);
  expect(() => resource('nothing')).toThrow('0 resources are named nothing');
});
