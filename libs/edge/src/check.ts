import { isIPv4 } from 'node:net';
import { EdgeConfigError, type LimitFault } from './errors.ts';
import {
  capacityOf,
  ceilings,
  type Demand,
  demandSchema,
  type Limits,
  limitsSchema,
  MOST_SECONDS,
} from './limits.ts';
import type { Endpoints, SocketAddress, Topology } from './topology.ts';

/** What it may take a server to learn that an edge drains, and a client to answer the close, in seconds. */
const NOTICE_SECONDS = 5;

/** Finds limits that cannot hold: values out of range, and values that cannot work together. */
export function limitFaults(limits: Limits): LimitFault[] {
  const faults = edgeFaults(limits);
  return faults.some(({ code }) => code === 'VALUE')
    ? faults
    : [...faults, ...idleFaults(limits), ...drainFaults(limits)];
}

/** Finds a demand that no client can have. */
export function demandFaults(demand: Demand): LimitFault[] {
  const { messageIntervalMinSeconds: min, messageIntervalMaxSeconds: max } = demand;
  const message = `must be at most messageIntervalMaxSeconds, ${max}`;
  return [
    ...valueFaults(demandSchema, demand),
    ...(min > max
      ? [{ code: 'INTERVALS', key: 'messageIntervalMinSeconds', value: min, message } as const]
      : []),
  ];
}

/** A ping keeps a connection open only if everybody on its way waits longer; the edge longest, to know who closed. */
export function idleFaults(
  limits: Pick<Limits, 'pingIntervalSeconds' | 'albIdleTimeoutSeconds' | 'streamIdleTimeoutSeconds'>,
): LimitFault[] {
  const { pingIntervalSeconds: ping, albIdleTimeoutSeconds: alb, streamIdleTimeoutSeconds: stream } = limits;
  const faults: LimitFault[] = [];
  if (ping >= alb) {
    const message = `a quiet connection would be cut by the load balancer after ${alb} s, before its ping: ping more often or raise albIdleTimeoutSeconds`;
    faults.push({ code: 'IDLE_TIMES', key: 'pingIntervalSeconds', value: ping, message });
  }
  if (alb >= stream) {
    const message = `the edge must wait longer than the load balancer (streamIdleTimeoutSeconds is ${stream}): raise streamIdleTimeoutSeconds above it`;
    faults.push({ code: 'IDLE_TIMES', key: 'albIdleTimeoutSeconds', value: alb, message });
  }
  return faults;
}

/** The servers tell an edge's clients while it drains; it must still be there for the last of them. */
function drainFaults({ serverDrainSeconds: server, edgeDrainSeconds: edge }: Limits): LimitFault[] {
  if (edge >= server + NOTICE_SECONDS) return [];
  const message =
    `the servers tell the clients of an edge that drains within ${server} s (serverDrainSeconds) and ` +
    `${NOTICE_SECONDS} s more: set at least ${server + NOTICE_SECONDS}, or lower serverDrainSeconds`;
  return [{ code: 'DRAIN_TIMES', key: 'edgeDrainSeconds', value: edge, message }];
}

/** Finds what Envoy would accept and then not do, or not accept at all. */
function edgeFaults(limits: Limits): LimitFault[] {
  const faults = valueFaults(limitsSchema, limits);
  if (faults.length > 0) return faults;
  const { serverReplicas, connectionsPerPod, edgeReplicas: edges } = limits;
  const capacity = capacityOf(limits);
  if (capacity > ceilings.connections) {
    const most = Math.floor(ceilings.connections / serverReplicas);
    const message =
      `${serverReplicas} pods would hold ${capacity} connections, and one edge must be able to hold all of them: ` +
      `it holds ${ceilings.connections}; set ${most} or less, or fewer serverReplicas`;
    faults.push({ code: 'CAPACITY', key: 'connectionsPerPod', value: connectionsPerPod, message });
  }
  for (const key of ['newConnectionsPerSecond', 'newConnectionsPerSecondPerClient'] as const) {
    const value = limits[key];
    if (value === undefined || edges / value <= MOST_SECONDS) continue;
    const message =
      `each of ${edges} edges would admit one in ${Math.round(edges / value)} s; ` +
      `the longest time is ${MOST_SECONDS} s: set ${edges / MOST_SECONDS} or more`;
    faults.push({ code: 'RATE', key, value, message });
  }
  return faults;
}

function valueFaults<T extends object>(
  schema: typeof limitsSchema | typeof demandSchema,
  values: T,
): LimitFault[] {
  const { error } = schema.safeParse(values);
  return (error?.issues ?? []).map(({ path, message }) => {
    const key = String(path[0]);
    return { code: 'VALUE', key, value: values[key as keyof T], message };
  });
}

/**
 * Sees that Envoy can do what a bootstrap of these would ask for.
 * @throws {EdgeConfigError} naming every fault.
 */
export function checkEdge(limits: Limits, topology: Topology): void {
  const faults = [...edgeFaults(limits), ...topologyFaults(limits, topology)];
  if (faults.length > 0) throw new EdgeConfigError(faults);
}

type Need = (ok: boolean, key: string, value: unknown, message: string) => void;

function topologyFaults(limits: Limits, topology: Topology): LimitFault[] {
  const faults: LimitFault[] = [];
  const need: Need = (ok, key, value, message) => {
    if (!ok) faults.push({ code: 'TOPOLOGY', key, value, message });
  };
  const seen = new Map<string, string>();
  for (const key of ['ingress', 'stats', 'lifecycle'] as const) {
    const at = topology[key];
    checkAddress(`topology.${key}`, at, need);
    const place = `${at.address}:${at.port}`;
    need(!seen.has(place), `topology.${key}`, place, `${seen.get(place)} listens there already`);
    seen.set(place, key);
  }
  const { source = '127.0.0.1' } = topology;
  need(isIPv4(source), 'topology.source', source, 'must be an IPv4 address');
  need(
    /^[@/][^\0]{1,99}$/.test(topology.adminSocket),
    'topology.adminSocket',
    topology.adminSocket,
    'must be the absolute path of a Unix socket, or @ and a name, of at most 100 characters',
  );
  for (const key of ['trustedProxyCidrs', 'internalCidrs'] as const) {
    topology[key].forEach((cidr, i) => {
      need(isCidr(cidr), `topology.${key}[${i}]`, cidr, 'must be an IPv4 range such as 172.245.0.0/20');
    });
  }
  topology.trustedProxyCidrs.forEach((cidr, i) => {
    need(
      !cidr.endsWith('/0'),
      `topology.trustedProxyCidrs[${i}]`,
      cidr,
      'this would let everybody forge a client address: name the load balancer’s subnets',
    );
  });
  const servers = checkEndpoints('topology.servers', topology.servers, need);
  if (servers !== undefined) {
    need(
      servers === limits.serverReplicas,
      'serverReplicas',
      limits.serverReplicas,
      `the topology names ${servers} servers: the two must agree`,
    );
  }
  checkPickers(limits, topology, need);
  return faults;
}

/** Looks at them where they are not used as well, so that a switch to them is no surprise. */
function checkPickers({ admission }: Limits, { pickers = [] }: Topology, need: Need): void {
  need(
    admission === 'shared' || pickers.length > 0,
    'topology.pickers',
    pickers,
    'exact admission needs an endpoint picker: name one, or set admission to shared',
  );
  const seen = new Set<string>();
  pickers.forEach((picker, i) => {
    const path = `topology.pickers[${i}]`;
    const hosts = checkEndpoints(path, picker, need);
    // Two that are asked in turn would each admit at the whole rate.
    need(
      hosts === undefined || hosts === 1,
      path,
      picker,
      'must be one host: only the first that is up is asked',
    );
    const place = JSON.stringify(picker);
    need(!seen.has(place), path, picker, 'is named before: name each picker once');
    seen.add(place);
  });
}

/** Returns how many hosts there are, or undefined where only DNS knows. */
function checkEndpoints(path: string, endpoints: Endpoints, need: Need): number | undefined {
  if (endpoints.kind === 'dns') {
    need(
      /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(endpoints.name),
      `${path}.name`,
      endpoints.name,
      'must be a DNS name',
    );
    checkPort(`${path}.port`, endpoints.port, need);
    return undefined;
  }
  const places = endpoints.addresses.map((a) => `${a.address}:${a.port}`);
  need(places.length > 0, `${path}.addresses`, places, 'must name at least one host');
  need(new Set(places).size === places.length, `${path}.addresses`, places, 'must not name a host twice');
  endpoints.addresses.forEach((a, i) => {
    checkAddress(`${path}.addresses[${i}]`, a, need);
  });
  return places.length;
}

function checkAddress(path: string, at: SocketAddress, need: Need): void {
  need(isIPv4(at.address), `${path}.address`, at.address, 'must be an IPv4 address');
  checkPort(`${path}.port`, at.port, need);
}

function checkPort(path: string, port: number, need: Need): void {
  need(Number.isInteger(port) && port >= 1 && port <= 65535, path, port, 'must be a port from 1 to 65535');
}

function isCidr(cidr: string): boolean {
  const [address = '', length = '', ...rest] = cidr.split('/');
  return rest.length === 0 && isIPv4(address) && /^\d{1,2}$/.test(length) && Number(length) <= 32;
}
