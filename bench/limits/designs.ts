import { available } from '../part.ts';
import { ratelimitMissing } from './ratelimit.ts';

/** What limits the connections of a pod and the rate of new ones. */
export type Design = 'exact' | 'shared' | 'ratelimit' | 'envoy' | 'haproxy' | 'nginx' | 'refuser';

interface Facts {
  /** As in a table. */
  name: string;
  /** What limits the connections of a pod; undefined: measured as another design. */
  connections?: string;
  /** What limits the rate. */
  rate?: string;
}

export const designs: Readonly<Record<Design, Facts>> = {
  exact: {
    name: 'this project, `exact`',
    connections: 'The pod, which refuses with 503. The endpoint picker names a pod with a free slot.',
    rate: 'One clock, in the endpoint picker that every edge asks.',
  },
  shared: {
    name: 'this project, `shared`',
    connections: 'The pod, which refuses with 503. The edge tries pods that say they are full last.',
    rate: 'A token bucket in each edge (`local_ratelimit`), with a fixed share: rate ÷ edges.',
  },
  ratelimit: {
    name: 'Envoy and envoyproxy/ratelimit',
    rate: 'One envoyproxy/ratelimit with Redis that every Envoy asks: `unit: second`, `requests_per_unit: 1`.',
  },
  envoy: {
    name: 'Envoy alone',
    connections:
      '`per_host_thresholds.max_connections: 2`; `max_requests` and `max_pending_requests: 8`, so that few wait.',
  },
  haproxy: {
    name: 'HAProxy',
    connections:
      '`maxconn 2` of each server, and `timeout queue 1ms`: who finds all full is refused, not queued.',
    rate: '`gpc0_rate(500ms)` of those admitted, in a stick table that the HAProxies send each other (`peers`): a counter remembers one event for two periods.',
  },
  nginx: {
    name: 'nginx',
    connections: '`max_conns=2` of each server, in a `zone` that all workers share.',
    rate: '`limit_req` in a `zone` that all workers share, with a fixed share: rate ÷ nginxes.',
  },
  refuser: {
    name: 'nginx, refusing everybody',
    connections:
      '`return 503`, which takes as long as the clients and the machine do: no design can be faster.',
  },
};

/** The designs with such a limit that can be measured on this machine. */
export function measurable(limit: 'connections' | 'rate'): Design[] {
  const all = Object.keys(designs) as Design[];
  return all.filter((design) => designs[design][limit] && canRun(design));
}

function canRun(design: Design): boolean {
  if (design === 'haproxy') return available('haproxy', 'apt install haproxy');
  if (design === 'nginx' || design === 'refuser') return available('nginx', 'apt install nginx-light');
  if (design !== 'ratelimit') return true;
  const missing = ratelimitMissing();
  if (missing) console.error(`bench: SKIPPED ${designs.ratelimit.name}: ${missing}`);
  return !missing;
}

/** How each design limits, as a list. */
export function explained(limit: 'connections' | 'rate', measured: readonly Design[]): string[] {
  return [...new Set(measured)].map((design) => `- ${designs[design].name}: ${designs[design][limit]}`);
}
