import { expect, test } from 'vitest';
import type { Properties, Resource } from '../../account/account.ts';
import { aws } from '../aws.ts';
import { clusterIn } from '../testing/account.ts';

const type = 'aws:eks/addon:Addon';

/** A cluster whose add-ons are made by the double itself. */
function addons(inputs: Properties = {}) {
  const { resources, cluster, change } = clusterIn(['a', 'b'], inputs);
  const addon = (addonName: string, addonVersion: string, more: Properties = {}): Resource => {
    const wanted = {
      ...{ type, urn: `urn:pulumi:dev::cluster::${type}::${addonName}` },
      inputs: { clusterName: 'c', addonName, addonVersion, ...more },
    };
    const made = { ...wanted, ...aws.create(resources, wanted) };
    resources.push(made);
    return made;
  };
  const remove = (target: Resource) => {
    aws.remove(resources, target);
    resources.splice(resources.indexOf(target), 1);
  };
  return { resources, cluster, change, addon, remove };
}

test('kube-proxy is no newer than its cluster', () => {
  const { addon, cluster, change } = addons({ bootstrapSelfManagedAddons: false });
  expect(() => addon('kube-proxy', 'v1.34.1-eksbuild.1')).toThrow('Addon version specified is not supported');
  const proxy = addon('kube-proxy', 'v1.33.8-eksbuild.4');
  change(cluster, { version: '1.34' });
  expect(() => change(proxy, { addonVersion: 'v1.34.1-eksbuild.1' })).not.toThrow();
});

test('vpc-cni moves one minor version at a time', () => {
  const { addon, change } = addons({ bootstrapSelfManagedAddons: false });
  const cni = addon('vpc-cni', 'v1.19.2-eksbuild.1');
  const to = (addonVersion: string) => () => change(cni, { addonVersion });
  expect(to('v1.21.1-eksbuild.3')).toThrow(
    'Updating VPC-CNI can only go up or down 1 minor version at a time',
  );
  expect(to('v1.20.0-eksbuild.1')).not.toThrow();
  expect(to('v1.21.1-eksbuild.3')).not.toThrow();
});

test.each([
  ['{', 'it is not valid JSON'],
  ['[]', '$: object expected'],
  [JSON.stringify({ enableNetworkPolicy: true }), '[$.enableNetworkPolicy: string expected]'],
  [JSON.stringify({ env: { WARM_ENI_TARGET: 1 } }), '[$.env.WARM_ENI_TARGET: string expected]'],
])('configuration %s is refused', (configurationValues, why) => {
  const { addon } = addons({ bootstrapSelfManagedAddons: false });
  expect(() => addon('vpc-cni', 'v1.21.1-eksbuild.3', { configurationValues })).toThrow(
    `ConfigurationValue provided in request is not supported: ${why}`,
  );
});

test('what EKS put into the cluster is in the way, unless it may be overwritten', () => {
  const { addon } = addons();
  const version = 'v1.33.8-eksbuild.4';
  expect(() => addon('kube-proxy', version)).toThrow('ConfigurationConflict');
  expect(() => addon('kube-proxy', version, { resolveConflictsOnCreate: 'OVERWRITE' })).not.toThrow();
});

test('an add-on that is preserved leaves its software, which goes with the cluster', () => {
  const { addon, remove, resources, cluster } = addons({ bootstrapSelfManagedAddons: false });
  const version = 'v1.21.1-eksbuild.3';
  remove(addon('vpc-cni', version, { preserve: true }));
  expect(() => addon('vpc-cni', version)).toThrow('ConfigurationConflict');
  const again = addon('vpc-cni', version, { resolveConflictsOnCreate: 'OVERWRITE' });
  remove(again);
  expect(() => addon('vpc-cni', version), 'nothing is preserved this time').not.toThrow();
  remove(resources.at(-1) as Resource);
  remove(addon('vpc-cni', version, { preserve: true }));
  remove(cluster);
  expect(resources.filter(({ inputs }) => inputs.clusterName === 'c')).toEqual([]);
});
