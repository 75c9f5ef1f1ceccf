import type { Resource } from '../account/account.ts';
import type { Wanted } from '../provider/double.ts';
import { checkRules } from './rules.ts';
import { create } from './shapes.ts';

const TYPE = 'aws:lb/loadBalancer:LoadBalancer';

/** The URN of what the load balancer controller makes of an Ingress; no stack has it. */
const urnOf = (ingress: string) => `${ingress}-load-balancer`;

/** Where a load balancer says whose it is: while an Ingress moves, there are two of its URN. */
const INGRESS = 'ingress.k8s.aws/resource';

/**
 * What the controller makes of an Ingress: a load balancer in the subnets and with the security group of its
 * annotations.
 *
 * @param id the Ingress's, with its namespace
 * @returns its DNS name
 * @throws {Error} what AWS refuses
 */
export function makeLoadBalancer(resources: Resource[], ingress: Wanted, id: string): string {
  const { annotations } = (ingress.inputs as { metadata: { annotations: Record<string, string> } }).metadata;
  const list = (name: string) => annotations[`alb.ingress.kubernetes.io/${name}`]?.split(',') ?? [];
  const wanted = {
    type: TYPE,
    urn: urnOf(ingress.urn),
    inputs: { subnets: list('subnets'), securityGroups: list('security-groups'), tags: { [INGRESS]: id } },
  };
  checkRules(resources, wanted);
  const made = create(wanted);
  resources.push({ ...wanted, ...made });
  return String(made.outputs.dnsName);
}

/**
 * Takes an Ingress's load balancer down, as the controller does before it lets the Ingress go.
 *
 * @throws {Error} when there is no controller any more, and so nobody who would
 */
export function deleteLoadBalancer(resources: Resource[], ingress: Resource, controller: boolean): void {
  const index = resources.findIndex(
    ({ urn, inputs }) =>
      urn === urnOf(ingress.urn) && (inputs.tags as Record<string, string>)[INGRESS] === ingress.id,
  );
  if (index < 0) return;
  if (!controller) {
    throw new Error(
      `timed out: ${ingress.id} waits for its finalizer ingress.k8s.aws/resources, and no controller removes it`,
    );
  }
  resources.splice(index, 1);
}
