import type { WorkloadsConfig } from '@envoy-poc/layers/workloads';
import { NetworkPolicy } from '@pulumi/kubernetes/networking/v1/networkPolicy.js';
import type { CustomResourceOptions } from '@pulumi/pulumi';
import { basePolicies, loadBalancerPolicy, monitoringPolicies } from './manifests/network-policies.ts';
import type { Surroundings } from './surroundings.ts';

/** Who may talk to whom; made before the pods, so that none is ever without. */
export function createNetworkPolicies(
  { namespace, monitoringNamespace }: WorkloadsConfig,
  { loadBalancerCidrs }: Surroundings,
  options: CustomResourceOptions,
): NetworkPolicy[] {
  const base = basePolicies(namespace);
  const policies = [
    new NetworkPolicy('envoy_poc_default_deny_network_policy', base.defaultDeny, options),
    new NetworkPolicy('envoy_poc_app_server_network_policy', base.server, options),
    new NetworkPolicy('envoy_poc_edge_network_policy', base.edge, options),
    new NetworkPolicy('envoy_poc_app_client_network_policy', base.client, options),
  ];
  if (loadBalancerCidrs) {
    const { metadata, spec } = loadBalancerCidrs.apply((cidrs) => loadBalancerPolicy(namespace, cidrs));
    policies.push(new NetworkPolicy('envoy_poc_load_balancer_network_policy', { metadata, spec }, options));
  }
  if (monitoringNamespace !== undefined) {
    const { server, edge, client } = monitoringPolicies(namespace, monitoringNamespace);
    policies.push(
      new NetworkPolicy('envoy_poc_app_server_monitoring_network_policy', server, options),
      new NetworkPolicy('envoy_poc_edge_monitoring_network_policy', edge, options),
      new NetworkPolicy('envoy_poc_app_client_monitoring_network_policy', client, options),
    );
  }
  return policies;
}
