import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { AccessLogLine } from '@envoy-poc/edge';
import { ports, type Workload, workloadNames } from '@envoy-poc/layers/workloads';
import type { TestContext } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { kubeconfigOf } from '../../verify/testing/kubernetes-api.ts';

const core = '/api/v1/namespaces/envoy-poc';

interface FakePod {
  readonly workload: Workload;
  readonly ip: string;
  readonly env: Readonly<Record<string, string>>;
  lines: { stamp: string; text: string }[];
  readonly followers: Set<ServerResponse>;
  leaving: boolean;
  created: number;
  /** What a server says of itself. */
  gauges: { open: number; highWater: number };
}

/** An API server over HTTP with pods, their logs and ways into them: what the console asks, and no more. */
class FakeCluster {
  readonly pods = new Map<string, FakePod>();
  /** Rights that are refused, such as `get pods/log`. */
  readonly refused = new Set<string>();
  /** Logs that were asked for: the query of each, by pod. */
  readonly asked: { pod: string; query: URLSearchParams }[] = [];
  /** By how much its clock is ahead of this one. */
  aheadMs = 0;
  #server = createServer();
  #port = 0;
  #inside = createServer();
  #frozen: (() => void)[] | undefined;
  readonly #forwards = new Set<WebSocket>();
  /** To which pod and port the connections to that lead, by their own port. */
  readonly #ways = new Map<number, { pod: FakePod; port: number }>();

  /** Starts it; it is gone at the end of the test. */
  static async start({ onTestFinished }: Pick<TestContext, 'onTestFinished'>): Promise<FakeCluster> {
    const cluster = new FakeCluster();
    cluster.#inside.on('request', (request, response) => cluster.#answerInside(request, response));
    cluster.#inside.listen(0, '127.0.0.1');
    await once(cluster.#inside, 'listening');
    await cluster.up();
    onTestFinished(() => {
      cluster.down();
      cluster.#inside.close();
      cluster.#inside.closeAllConnections();
    });
    return cluster;
  }

  get kubeconfig(): string {
    return kubeconfigOf(`http://127.0.0.1:${this.#port}`);
  }

  /** Listens, on the port from before. */
  async up(): Promise<void> {
    this.#server = createServer((request, response) => this.#send(() => this.#answer(request, response)));
    const sockets = new WebSocketServer({ noServer: true });
    this.#server.on('upgrade', (request, socket, head) => {
      const url = new URL(request.url ?? '', 'http://api');
      const pod = this.pods.get(/pods\/([^/]+)\/portforward/.exec(url.pathname)?.[1] ?? '');
      const port = Number(url.searchParams.get('ports'));
      if (!pod) return socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
      sockets.handleUpgrade(request, socket, head, (way) => {
        this.#forwards.add(way);
        way.on('close', () => this.#forwards.delete(way));
        // Both streams begin with the port.
        for (const stream of [0, 1]) way.send(Buffer.from([stream, port & 255, port >> 8]));
        const inside = connect((this.#inside.address() as AddressInfo).port, '127.0.0.1');
        inside.once('connect', () => this.#ways.set(inside.localPort ?? 0, { pod, port }));
        inside.on('data', (data: Buffer) =>
          this.#send(() => way.send(Buffer.concat([Buffer.from([0]), data]))),
        );
        way.on('message', (data: Buffer) => data[0] === 0 && inside.write(data.subarray(1)));
        way.on('close', () => inside.destroy());
        inside.on('close', () => way.close());
        inside.on('error', () => way.close());
      });
    });
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Answers nothing, and ends no connection, until it is thawed. */
  freeze(): void {
    this.#frozen = [];
  }

  thaw(): void {
    const held = this.#frozen ?? [];
    this.#frozen = undefined;
    for (const work of held) work();
  }

  /** Does something with the network, now or when it is thawed. */
  #send(work: () => void): void {
    if (this.#frozen) this.#frozen.push(work);
    else work();
  }

  /** Answers nobody any more. */
  down(): void {
    for (const { followers } of this.pods.values()) for (const follower of followers) follower.destroy();
    for (const way of this.#forwards) way.terminate();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  add(workload: Workload, name: string, ip: string, env: Readonly<Record<string, string>> = {}): FakePod {
    const pod: FakePod = {
      ...{ workload, ip, env, lines: [], followers: new Set(), leaving: false, created: this.pods.size },
      gauges: { open: 0, highWater: 0 },
    };
    this.pods.set(`${workloadNames[workload]}-${name}`, pod);
    return pod;
  }

  /** Takes a pod away. */
  delete(workload: Workload, name: string): void {
    const full = `${workloadNames[workload]}-${name}`;
    for (const follower of this.pods.get(full)?.followers ?? []) follower.end();
    this.pods.delete(full);
  }

  /** A pod writes a line, now or so many seconds ago. */
  log(pod: FakePod, line: object | string, secondsAgo = 0): void {
    const at = new Date(Date.now() + this.aheadMs - secondsAgo * 1000).toISOString();
    const stamp = `${at.slice(0, -1)}${String(pod.lines.length % 1_000_000).padStart(6, '0')}Z`;
    const text = typeof line === 'string' ? line : JSON.stringify(line);
    pod.lines.push({ stamp, text });
    this.#send(() => {
      for (const follower of pod.followers) follower.write(`${stamp} ${text}\n`);
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://api');
    const json = (value: object) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (url.pathname.endsWith('/selfsubjectaccessreviews')) {
      void body(request).then((text) => {
        const { verb, resource, subresource } = JSON.parse(text).spec.resourceAttributes;
        const right = `${verb} ${resource}${subresource ? `/${subresource}` : ''}`;
        json({ status: { allowed: !this.refused.has(right) } });
      });
    } else if (url.pathname === `${core}/pods`) {
      json({ items: [...this.pods].map(([name, pod]) => manifest(name, pod)) });
    } else if (url.pathname.endsWith('/log')) {
      this.#log(url, response);
    } else if (url.pathname.endsWith('/deployments/envoy-poc-edge')) {
      json({ spec: { replicas: [...this.pods.values()].filter((pod) => pod.workload === 'edge').length } });
    } else response.writeHead(404, { 'content-type': 'application/json' }).end('{"kind":"Status"}');
  }

  #log(url: URL, response: ServerResponse): void {
    const name = /pods\/([^/]+)\/log/.exec(url.pathname)?.[1] ?? '';
    const pod = this.pods.get(name);
    const query = url.searchParams;
    this.asked.push({ pod: name, query });
    if (!pod) return void response.writeHead(404).end();
    const since = query.has('sinceTime')
      ? String(query.get('sinceTime'))
      : new Date(Date.now() - Number(query.get('sinceSeconds')) * 1000).toISOString();
    const lines = pod.lines.filter(({ stamp }) => stamp.slice(0, 19) >= since.slice(0, 19));
    const date = new Date(Date.now() + this.aheadMs).toUTCString();
    response.writeHead(200, { 'content-type': 'text/plain', date });
    response.flushHeaders();
    for (const { stamp, text } of lines) response.write(`${stamp} ${text}\n`);
    if (query.get('follow') !== 'true') return void response.end();
    pod.followers.add(response);
    response.on('close', () => pod.followers.delete(response));
  }

  /** Answers as the pod and port at the other end of a port-forward. */
  #answerInside(request: IncomingMessage, response: ServerResponse): void {
    const { pod, port } = this.#ways.get(request.socket.remotePort ?? 0) ?? {};
    if (!pod) request.socket.destroy();
    else if (port === ports.edgeStats) response.end('LIVE\n');
    else if (port === ports.picker) response.end('ok\n');
    else {
      const { open, highWater } = pod.gauges;
      response.end(
        `ws_server_open_connections ${open}\nws_server_open_connections_max ${highWater}\n` +
          `ws_server_connection_limit ${pod.env.CONNECTIONS_PER_POD}\n`,
      );
    }
  }
}

function manifest(name: string, { workload, ip, env, leaving, created }: FakePod) {
  const time = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
  return {
    metadata: {
      ...{ name, creationTimestamp: time(created) },
      labels: { 'app.kubernetes.io/name': workloadNames[workload], 'pod-template-hash': 'a' },
      ...(leaving && { deletionTimestamp: time(created) }),
    },
    spec: {
      containers: [{ name: workload, env: Object.entries(env).map(([name, value]) => ({ name, value })) }],
    },
    status: { phase: 'Running', podIP: ip, conditions: [{ type: 'Ready', status: 'True' }] },
  };
}

async function body(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

/** A platform of two servers, an edge, two pickers and a client, of which one connection is open since a while. */
export async function smallPlatform(context: Pick<TestContext, 'onTestFinished'>) {
  const cluster = await FakeCluster.start(context);
  const server = { CONNECTIONS_PER_POD: '2' };
  const pods = ['a', 'b'].map((name, n) => cluster.add('server', `x-${name}`, `10.0.1.${n + 1}`, server));
  const edge = cluster.add('edge', 'y-e', '10.0.2.1');
  const pickers = [0, 1].map((n) =>
    cluster.add('picker', String(n), `10.0.4.${n}`, { NEW_CONNECTIONS_PER_SECOND: '1' }),
  );
  const client = cluster.add('client', 'z-c', '10.0.3.1', { CONNECTIONS_PER_CLIENT: '5' });
  return { cluster, pods, edge, pickers, client };
}

/** The line of an edge about an upgrade that it began so many seconds ago. */
export function upgrade(
  requestId: string,
  fields: Partial<AccessLogLine> = {},
  secondsAgo = 0,
): AccessLogLine {
  return {
    time: new Date(Date.now() - secondsAgo * 1000).toISOString(),
    type: 'DownstreamTunnelSuccessfullyEstablished',
    ...{ edge: 'envoy-poc-edge-y-e', client: '10.0.3.1', peer: '10.0.3.1:1', method: 'GET', path: '/' },
    ...{ upgrade: 'websocket', code: 101, flags: '-', details: 'via_upstream', upstream: '10.0.1.1:8080' },
    ...{ attempts: 1, duration_ms: 2, bytes_received: 0, bytes_sent: 0, request_id: requestId },
    route: 'picked',
    ...fields,
  };
}

/** Waits until something is so: the machine may be busy. */
export const eventually = { timeout: 20_000, interval: 50 } as const;
