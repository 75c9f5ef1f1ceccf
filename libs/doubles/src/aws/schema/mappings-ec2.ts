import type { Mapping } from './mappings.ts';

const region = { region: 'where it is asked for' };
const data = (property: string) => `LaunchTemplateData/${property}`;

const rule = (aws: string, peer: string): Mapping => ({
  aws,
  properties: {
    ...{ securityGroupId: 'GroupId', description: 'Description', ipProtocol: 'IpProtocol' },
    ...{ fromPort: 'FromPort', toPort: 'ToPort', cidrIpv4: 'CidrIp', cidrIpv6: 'CidrIpv6' },
    ...{ referencedSecurityGroupId: `${peer}SecurityGroupId`, prefixListId: `${peer}PrefixListId` },
  },
  besides: { ...region, tags: 'CloudFormation cannot tag rules' },
  more: {
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html
    Description: { maxLength: 255, pattern: '^[a-zA-Z0-9. _\\-:/()#,@\\[\\]+=&;{}!$*]*$' },
    FromPort: { maximum: 65535 },
    ToPort: { maximum: 65535 },
  },
});

/** The mappings of EC2's types. */
export const ec2Mappings: Readonly<Record<string, Mapping>> = {
  Vpc: {
    aws: 'AWS::EC2::VPC',
    properties: {
      ...{ cidrBlock: 'CidrBlock', instanceTenancy: 'InstanceTenancy', tags: 'Tags' },
      ...{ enableDnsHostnames: 'EnableDnsHostnames', enableDnsSupport: 'EnableDnsSupport' },
    },
    besides: region,
  },
  Subnet: {
    aws: 'AWS::EC2::Subnet',
    properties: {
      ...{ vpcId: 'VpcId', cidrBlock: 'CidrBlock', availabilityZone: 'AvailabilityZone', tags: 'Tags' },
      ...{ availabilityZoneId: 'AvailabilityZoneId', mapPublicIpOnLaunch: 'MapPublicIpOnLaunch' },
    },
    besides: region,
  },
  InternetGateway: {
    aws: 'AWS::EC2::InternetGateway',
    properties: { tags: 'Tags' },
    besides: { ...region, vpcId: 'attached by a call of its own' },
  },
  NatGateway: {
    aws: 'AWS::EC2::NatGateway',
    properties: {
      ...{ allocationId: 'AllocationId', subnetId: 'SubnetId', connectivityType: 'ConnectivityType' },
      ...{ privateIp: 'PrivateIpAddress', tags: 'Tags' },
    },
    besides: region,
  },
  Eip: { aws: 'AWS::EC2::EIP', properties: { domain: 'Domain', tags: 'Tags' }, besides: region },
  RouteTable: {
    aws: 'AWS::EC2::RouteTable',
    properties: { vpcId: 'VpcId', tags: 'Tags' },
    besides: region,
  },
  Route: {
    aws: 'AWS::EC2::Route',
    properties: {
      ...{ routeTableId: 'RouteTableId', destinationCidrBlock: 'DestinationCidrBlock' },
      ...{ gatewayId: 'GatewayId', natGatewayId: 'NatGatewayId' },
    },
    besides: region,
  },
  RouteTableAssociation: {
    aws: 'AWS::EC2::SubnetRouteTableAssociation',
    properties: { routeTableId: 'RouteTableId', subnetId: 'SubnetId' },
    besides: region,
  },
  SecurityGroup: {
    aws: 'AWS::EC2::SecurityGroup',
    properties: { vpcId: 'VpcId', description: 'GroupDescription', name: 'GroupName', tags: 'Tags' },
    besides: { ...region, revokeRulesOnDelete: 'what the provider does when it deletes it' },
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html: "cannot start with sg-"
    more: { GroupName: { minLength: 1, maxLength: 255, pattern: '^(?!sg-)' } },
  },
  DefaultSecurityGroup: {
    aws: 'AWS::EC2::SecurityGroup',
    part: true,
    properties: {
      vpcId: 'VpcId',
      tags: 'Tags',
      ingress: 'SecurityGroupIngress',
      egress: 'SecurityGroupEgress',
    },
    besides: { ...region, revokeRulesOnDelete: 'what the provider does when it deletes it' },
  },
  SecurityGroupIngressRule: rule('AWS::EC2::SecurityGroupIngress', 'Source'),
  SecurityGroupEgressRule: rule('AWS::EC2::SecurityGroupEgress', 'Destination'),
  FlowLog: {
    aws: 'AWS::EC2::FlowLog',
    part: true,
    properties: {
      ...{ vpcId: 'ResourceId', trafficType: 'TrafficType', logDestinationType: 'LogDestinationType' },
      ...{ logDestination: 'LogDestination', iamRoleArn: 'DeliverLogsPermissionArn', tags: 'Tags' },
      ...{ maxAggregationInterval: 'MaxAggregationInterval', logFormat: 'LogFormat' },
    },
    besides: region,
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html
    more: { MaxAggregationInterval: { enum: [60, 600] } },
  },
  LaunchTemplate: {
    aws: 'AWS::EC2::LaunchTemplate',
    properties: {
      ...{ name: 'LaunchTemplateName', description: 'VersionDescription' },
      ...{ instanceType: data('InstanceType'), imageId: data('ImageId'), userData: data('UserData') },
      ...{ vpcSecurityGroupIds: data('SecurityGroupIds'), metadataOptions: data('MetadataOptions') },
      ...{ blockDeviceMappings: data('BlockDeviceMappings'), tagSpecifications: data('TagSpecifications') },
    },
    besides: {
      ...region,
      tags: 'sent as a tag specification of the template itself',
      updateDefaultVersion: 'what the provider does after it has made a version',
    },
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html
    more: {
      LaunchTemplateName: { minLength: 3, maxLength: 128, pattern: '^[a-zA-Z0-9()./_-]+$' },
      LaunchTemplateData: {
        properties: {
          // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LaunchTemplateInstanceMetadataOptionsRequest.html
          MetadataOptions: { properties: { HttpPutResponseHopLimit: { minimum: 1, maximum: 64 } } },
        },
      },
    },
  },
};
