import { execFileSync, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sample } from '@envoy-poc/cli/runtime/prometheus';
import { Child, type Reaper } from '@envoy-poc/cli/start';
import { type DecodedPacket, decode, encode, type Packet, TRUNCATED_RESPONSE } from 'dns-packet';
import { askDns, startChangedEdge } from './envoy.ts';
import type { Table } from './table.ts';

const namespace = 'walls-of-scale';
const dns = { address: '127.130.0.1', port: 5300 };

/** Endpoints that one EndpointSlice holds at most. */
const SLICE = 1000;

/** How many pods one headless name holds, to a resolver and to an Envoy. */
export async function measureDns(sizes: readonly number[], folder: string, reaper: Reaper): Promise<Table> {
  const kubeconfig = process.env.KUBECONFIG;
  if (!kubeconfig)
    throw new Error('KUBECONFIG is not set: name a cluster in which EndpointSlices may be made');
  for (const program of ['coredns', 'kubectl']) {
    if (spawnSync(program, ['--help']).error) throw new Error(`${program} is not on PATH; install it`);
  }
  const table: Table = {
    title: 'A headless Service in DNS',
    text: 'CoreDNS with its kubernetes plugin, the API server of a real cluster, and EndpointSlices made by hand. The edge has the cluster of server pods as in Kubernetes, without health checks. The name is as long as that of this project. A DNS message holds at most 65,535 bytes, an address takes 16, and CoreDNS shuffles them: where they are more, an Envoy gets others at each look-up.',
    columns: [
      'addresses',
      'UDP: records',
      'UDP: cut short',
      'TCP: records',
      'TCP: cut short',
      'TCP: bytes',
      'hosts of an Envoy (UDP first)',
      'hosts of an Envoy (TCP only)',
      'different hosts it had in 20 s',
    ],
    rows: [],
  };
  const kubectl = (args: string[], input?: object) =>
    execFileSync('kubectl', args, {
      ...(input && { input: JSON.stringify(input) }),
      maxBuffer: 1e8,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
  const closing = new AsyncDisposableStack();
  await using _ = closing;
  kubectl(['create', 'namespace', namespace]);
  // Also when this is interrupted.
  process.once('exit', () => kubectl(['delete', 'namespace', namespace, '--wait=false']));
  for (const size of sizes) {
    kubectl(['create', '-f', '-'], { apiVersion: 'v1', kind: 'List', items: manifests(size) });
  }
  const config = join(folder, 'Corefile');
  await writeFile(config, corefile(kubeconfig));
  const coredns = new Child({ name: 'coredns', program: 'coredns', args: ['-conf', config], reaper });
  closing.defer(() => coredns.stop(2));
  for (const size of sizes) {
    const name = `${serviceOf(size)}.${namespace}.svc.cluster.local`;
    await coredns.until(async () => (await overTcp(name)).records > 0, 60);
    const [udp, tcp] = [await overUdp(name), await overTcp(name)];
    const byUdp = await listed(name, 'UDP', 10, folder, reaper);
    const byTcp = await listed(name, 'TCP', 2, folder, reaper);
    table.rows.push([
      size,
      udp.records,
      yesNo(udp.cut),
      tcp.records,
      yesNo(tcp.cut),
      tcp.bytes,
      byUdp.hosts,
      byTcp.hosts,
      byUdp.different,
    ]);
  }
  return table;
}

/** With its namespace it is as long as this project's Service, `envoy-poc-app-server-headless.envoy-poc`. */
const serviceOf = (size: number) => `envoy-poc-app-pods-${String(size).padStart(5, '0')}`;
const yesNo = (value: boolean) => (value ? 'yes' : 'no');

function corefile(kubeconfig: string): string {
  return `.:${dns.port} {
  bind ${dns.address}
  errors
  kubernetes cluster.local {
    kubeconfig ${kubeconfig}
    namespaces ${namespace}
  }
  cache 5
}
`;
}

/** A headless Service without a selector, and its EndpointSlices. */
function manifests(size: number): object[] {
  const name = serviceOf(size);
  const ports = [{ name: 'http', port: 8080, protocol: 'TCP' }];
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { clusterIP: 'None', ports },
  };
  const slices = Array.from({ length: Math.ceil(size / SLICE) }, (_, slice) => ({
    ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4', ports },
    metadata: { name: `${name}-${slice}`, namespace, labels: { 'kubernetes.io/service-name': name } },
    endpoints: Array.from({ length: Math.min(SLICE, size - slice * SLICE) }, (_, n) => {
      const pod = slice * SLICE + n;
      return { addresses: [`10.200.${pod >> 8}.${pod & 255}`], conditions: { ready: true } };
    }),
  }));
  return [service, ...slices];
}

/** Has an Envoy look the name up for 2 s a look, and counts the hosts it has in the end and the different ones that it had. */
async function listed(pods: string, by: 'UDP' | 'TCP', looks: number, folder: string, reaper: Reaper) {
  await using edge = await startChangedEdge({
    ...{ folder, reaper, network: '127.131', pods },
    change(servers) {
      servers.health_checks = [];
      askDns(servers, dns.address, dns.port, by);
    },
  });
  const seen = new Set<string>();
  let hosts = 0;
  for (let look = 0; look < looks; look++) {
    await sleep(2000);
    const stats = await (await fetch(`${edge.stats}/stats/prometheus`)).text();
    hosts = sample(stats, 'envoy_cluster_membership_total{envoy_cluster_name="servers"}') ?? 0;
    for (const [, address] of stats.matchAll(/envoy_endpoint_address="([^"]+)"/g))
      if (address) seen.add(address);
  }
  return { hosts, different: seen.size };
}

interface Answered {
  records: number;
  /** The TC bit. */
  cut: boolean;
  bytes: number;
}

function question(name: string): Packet {
  return { type: 'query', id: 1, flags: 0, questions: [{ type: 'A', name }], additionals: [] };
}

function answered(message: Buffer): Answered {
  const { answers = [], flags = 0 }: DecodedPacket = decode(message);
  return { records: answers.length, cut: (flags & TRUNCATED_RESPONSE) !== 0, bytes: message.length };
}

/** Asks as Envoy's resolver does, with room for 1,232 bytes. */
async function overUdp(name: string): Promise<Answered> {
  const socket = createSocket('udp4');
  const packet = question(name);
  packet.additionals = [
    {
      type: 'OPT',
      name: '.',
      udpPayloadSize: 1232,
      extendedRcode: 0,
      ednsVersion: 0,
      flags: 0,
      flag_do: false,
      options: [],
    },
  ];
  socket.send(encode(packet), dns.port, dns.address);
  const [message] = (await once(socket, 'message', { signal: AbortSignal.timeout(5000) })) as [Buffer];
  socket.close();
  return answered(message);
}

async function overTcp(name: string): Promise<Answered> {
  const socket = connect(dns.port, dns.address);
  const message = encode(question(name));
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  socket.setTimeout(5000, () => socket.destroy(new Error('no answer of DNS within 5 s')));
  socket.write(Buffer.concat([length, message]));
  let received = Buffer.alloc(0);
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk]);
    if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) break;
  }
  return answered(received.subarray(2));
}
