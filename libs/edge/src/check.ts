import { isIPv4 } from 'node:net';
import { EdgeConfigError, type Problem } from './errors.ts';
import type { EdgeLimits, RateLimit } from './limits.ts';
import type { Endpoints, SocketAddress, Topology } from './topology.ts';

/** The largest number in most of Envoy's fields (`uint32`). */
const MOST = 2 ** 32 - 1;

/** The longest time that everybody concerned counts in milliseconds: 2^31 of them, Node's longest timer. */
const MOST_SECONDS = 2_147_483;

/** Connections of all pods together; Envoy's breakers are some above that, and still within {@link MOST}. */
const MOST_CONNECTIONS = 1_000_000_000;

/**
 * Finds what Envoy would accept and then not do, or not accept at all.
 * @throws {EdgeConfigError} naming every problem.
 */
export function checkEdge(limits: EdgeLimits, topology: Topology): void {
  const problems: Problem[] = [];
  const need = (ok: boolean, path: string, value: unknown, message: string) => {
    if (!ok) problems.push({ path, value, message });
  };
  checkNumbers(limits, need);
  checkRate('limits.admission', limits.admission, limits.edges, need);
  if (limits.admissionPerClient) {
    checkRate('limits.admissionPerClient', limits.admissionPerClient, limits.edges, need);
  }
  checkTimes(limits, need);
  checkTopology(limits, topology, need);
  if (problems.length > 0) throw new EdgeConfigError(problems);
}

type Need = (ok: boolean, path: string, value: unknown, message: string) => void;

function checkNumbers(limits: EdgeLimits, need: Need): void {
  const whole = ['pods', 'connectionsPerPod', 'edges', 'downstreamConnections', 'heapBytes'] as const;
  for (const key of whole) {
    const value = limits[key];
    need(Number.isSafeInteger(value) && value >= 1, `limits.${key}`, value, 'must be a whole number from 1');
    // The heap alone is counted in 64 bits.
    if (key !== 'heapBytes') need(!(value > MOST), `limits.${key}`, value, `must be at most ${MOST}`);
  }
  const { pods, retries } = limits;
  need(
    Number.isSafeInteger(retries) && retries >= 0,
    'limits.retries',
    retries,
    'must be a whole number from 0',
  );
  need(
    retries !== 0 || pods <= 1,
    'limits.retries',
    retries,
    `with ${pods} pods an upgrade that meets a full one must try another: set at least 1, best ${pods - 1}`,
  );
  need(
    retries < Math.max(pods, 1),
    'limits.retries',
    retries,
    `there are only ${pods - 1} other pods to try: set ${pods - 1} or fewer`,
  );
  need(
    limits.heapBytes >= 50_000_000,
    'limits.heapBytes',
    limits.heapBytes,
    'Envoy alone needs about 50 MB: set 50000000 or more',
  );
  const capacity = pods * limits.connectionsPerPod;
  need(
    !(capacity > MOST_CONNECTIONS),
    'limits.connectionsPerPod',
    limits.connectionsPerPod,
    `${pods} pods would hold ${capacity} connections, more than ${MOST_CONNECTIONS}`,
  );
  need(
    limits.downstreamConnections >= Math.min(capacity, MOST_CONNECTIONS),
    'limits.downstreamConnections',
    limits.downstreamConnections,
    `one edge must be able to hold all ${capacity} connections of the pods`,
  );
}

function checkRate(path: string, rate: RateLimit, edges: number, need: Need): void {
  need(
    Number.isFinite(rate.perSecond) && rate.perSecond > 0 && rate.perSecond <= 1_000_000,
    `${path}.perSecond`,
    rate.perSecond,
    'must be above 0 and at most 1000000 a second',
  );
  need(
    !(rate.perSecond > 0) || edges / rate.perSecond <= MOST_SECONDS,
    `${path}.perSecond`,
    rate.perSecond,
    `each of ${edges} edges would admit one in ${Math.round(edges / rate.perSecond)} s; the longest time is ${MOST_SECONDS} s: set ${edges / MOST_SECONDS} or more`,
  );
  need(!(rate.burst > MOST), `${path}.burst`, rate.burst, `must be at most ${MOST}`);
  need(
    Number.isSafeInteger(rate.burst) && rate.burst >= Math.max(edges, 1),
    `${path}.burst`,
    rate.burst,
    `each of ${edges} edges holds an equal part of the bucket, and with less than one token it refuses everybody: set ${edges} or more`,
  );
}

function checkTimes(limits: EdgeLimits, need: Need): void {
  const positive = [
    'pingIntervalSeconds',
    'streamIdleTimeoutSeconds',
    'upgradeTimeoutSeconds',
    'tryTimeoutSeconds',
    'drainSeconds',
  ] as const;
  for (const key of positive) {
    const value = limits[key];
    // Envoy counts milliseconds, and takes none of them for "no limit".
    need(value >= 0.001, `limits.${key}`, value, 'must be at least 0.001 seconds');
    need(
      !(value > MOST_SECONDS),
      `limits.${key}`,
      value,
      `must be at most ${MOST_SECONDS} seconds (24 days)`,
    );
  }
  need(
    limits.pingIntervalSeconds < limits.streamIdleTimeoutSeconds,
    'limits.pingIntervalSeconds',
    limits.pingIntervalSeconds,
    `a quiet connection would be cut after ${limits.streamIdleTimeoutSeconds} s, before its ping: ping more often or raise streamIdleTimeoutSeconds`,
  );
  need(
    limits.tryTimeoutSeconds <= limits.upgradeTimeoutSeconds,
    'limits.tryTimeoutSeconds',
    limits.tryTimeoutSeconds,
    `one try cannot last longer than all of them (upgradeTimeoutSeconds is ${limits.upgradeTimeoutSeconds})`,
  );
}

function checkTopology(limits: EdgeLimits, topology: Topology, need: Need): void {
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
      servers === limits.pods,
      'limits.pods',
      limits.pods,
      `the topology names ${servers} servers: the two must agree`,
    );
  }
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
