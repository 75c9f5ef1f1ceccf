import { expect, test } from 'vitest';
import { account, networkIn, types } from '../testing/account.ts';

test('a rule is there once, whatever its description, and however its range is written', () => {
  const { make, vpcId } = networkIn([]);
  const { id: securityGroupId } = make(types.securityGroup, 'group', { vpcId, name: 'group' });
  const http = { securityGroupId, cidrIpv4: '100.68.0.0/18', ipProtocol: 'tcp', fromPort: 80, toPort: 80 };
  make(types.ingressRule, 'http', http);
  const again = (inputs: object) => () => make(types.ingressRule, 'again', { ...http, ...inputs });
  expect(again({ description: 'once more' })).toThrow(
    'InvalidPermission.Duplicate: the specified rule "peer: 100.68.0.0/18, TCP, from port: 80, to port: 80, ALLOW" already exists',
  );
  expect(again({ cidrIpv4: '100.68.0.18/18' })).toThrow('InvalidPermission.Duplicate');
  expect(again({ fromPort: 443, toPort: 443 })).not.toThrow();
});

test('a rule cannot become another one that is still there', () => {
  const { make, change, vpcId } = networkIn([]);
  const { id: securityGroupId } = make(types.securityGroup, 'group', { vpcId, name: 'group' });
  const rule = (cidrIpv4: string) => ({ securityGroupId, cidrIpv4, ipProtocol: '-1' });
  const first = make(types.ingressRule, 'first', rule('10.0.0.0/8'));
  make(types.ingressRule, 'second', rule('192.168.0.0/16'));
  expect(() => change(first, { cidrIpv4: '192.168.0.0/16' })).toThrow('InvalidPermission.Duplicate');
  expect(() => change(first, { cidrIpv4: '172.16.0.0/12' })).not.toThrow();
});

test('an address serves one NAT gateway, also while that is being replaced', () => {
  const { make, subnetIds } = networkIn(['a', 'b']);
  const { id: allocationId } = make('aws:ec2/eip:Eip', 'address', { domain: 'vpc' });
  const gateway = (subnetId?: string) =>
    make('aws:ec2/natGateway:NatGateway', 'gateway', { allocationId, subnetId });
  gateway(subnetIds[0]);
  expect(() => gateway(subnetIds[1])).toThrow(
    `Resource.AlreadyAssociated: Elastic IP address [${allocationId}] is already associated`,
  );
});

test('a VPC has one internet gateway, and a subnet one route table', () => {
  const { make, vpcId, subnetIds } = networkIn(['a']);
  const { id: routeTableId } = make('aws:ec2/routeTable:RouteTable', 'table', { vpcId });
  const twice = (type: string, inputs: object) => () =>
    ['one', 'two'].map((name) => make(type, name, { ...inputs }));
  expect(twice('aws:ec2/internetGateway:InternetGateway', { vpcId })).toThrow('Resource.AlreadyAssociated');
  const type = 'aws:ec2/routeTableAssociation:RouteTableAssociation';
  expect(twice(type, { routeTableId, subnetId: subnetIds[0] })).toThrow('Resource.AlreadyAssociated');
});

test('subnets lie in their VPC, and apart from each other', () => {
  const { make, vpcId } = networkIn([]);
  const subnet = (cidrBlock: string) => () => make(types.subnet, cidrBlock, { vpcId, cidrBlock });
  subnet('10.0.0.0/20')();
  expect(subnet('10.0.8.0/24')).toThrow(
    "InvalidSubnet.Conflict: The CIDR '10.0.8.0/24' conflicts with another subnet",
  );
  expect(subnet('10.0.0.0/20')).toThrow('InvalidSubnet.Conflict');
  expect(subnet('10.1.0.0/24')).toThrow("InvalidSubnet.Range: The CIDR '10.1.0.0/24' is invalid.");
  expect(subnet('10.0.16.0/24')).not.toThrow();
});

test('a VPC is /16 to /28', () => {
  const vpc = (cidrBlock: string) => () => account().make(types.vpc, 'vpc', { cidrBlock });
  expect(vpc('10.0.0.0/15')).toThrow("InvalidVpc.Range: The CIDR '10.0.0.0/15' is invalid.");
  expect(vpc('10.0.0.0/29')).toThrow('InvalidVpc.Range');
  expect(vpc('10.0.0.0/16')).not.toThrow();
});
