import { attemptsPerSecond, capacityOf, demandFaults, limitFaults, wantedBy } from '@envoy-poc/edge';
import type { ConfigFault } from '../parse-config.ts';
import type { Workload } from './names.ts';
import { amount, resourceLimits } from './resources.ts';
import { isAlone, type WorkloadsConfig } from './settings.ts';

/** Finds what cannot work together, though each value is right by itself. */
export function configFaults(config: WorkloadsConfig): ConfigFault[] {
  return [
    ...limitFaults(config),
    ...demandFaults(config),
    ...requestFaults(config),
    ...ingressFaults(config),
  ];
}

function requestFaults({ requests }: WorkloadsConfig): ConfigFault[] {
  const workloads = Object.keys(requests) as Workload[];
  return workloads.flatMap((workload) =>
    (['cpu', 'memory'] as const).flatMap((resource) => {
      const [request, limit] = [requests[workload][resource], resourceLimits[workload][resource]];
      if (amount(request) <= amount(limit)) return [];
      const message = `must be at most the limit of the container, ${limit}`;
      return [{ key: `requests.${workload}.${resource}`, value: request, message }];
    }),
  );
}

function ingressFaults(config: WorkloadsConfig): ConfigFault[] {
  const { ingressClassName, loadBalancerCidrs } = config;
  if (!isAlone(config) || ingressClassName === undefined || loadBalancerCidrs.length > 0) return [];
  const message =
    'name the IPv4 ranges that the load balancer connects from, or network policies keep it from the edges';
  return [{ key: 'loadBalancerCidrs', value: loadBalancerCidrs, message }];
}

/** What this configuration leads to: a sentence on slots and one on the rate. */
export function capacityNote(config: WorkloadsConfig): string {
  const capacity = capacityOf(config);
  const demand = wantedBy(config);
  const open = Math.min(capacity, demand);
  return (
    `${config.clientReplicas} clients ask for ${demand} connections; ${config.serverReplicas} pods of ` +
    `${config.connectionsPerPod} hold ${capacity}: ${open} open and ${demand - open} refused is the steady state. ` +
    `All clients together try ${round(attemptsPerSecond(config))} a second; the edges admit ${round(config.newConnectionsPerSecond)} a second.`
  );
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
