import { kubectl } from '@envoy-poc/layers/real-cluster';
import {
  deployments,
  ports,
  resourceLimits,
  services,
  type Workload,
  workloadNames,
} from '@envoy-poc/layers/workloads';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../helpers/wait.ts';
import { type Cluster, expectHealthy, forward, namespace } from './cluster.ts';
import { metric } from './servers.ts';
import type { Setting } from './setting.ts';
import { ask, open } from './socket.ts';

/** What the API server and the cluster's DNS make of the layer's objects. */
export function objects(setting: () => Setting): void {
  describe('objects', () => {
    test('every pod is ready at its first start, held to 100m/128Mi and 250m/256Mi', async () => {
      const { cluster } = setting();
      expect([(await cluster.pods('server')).length, (await cluster.pods('edge')).length]).toEqual([4, 2]);
      await expectHealthy(cluster);
      expect(resourceLimits).toMatchObject({
        server: { cpu: '100m', memory: '128Mi' },
        edge: { cpu: '250m', memory: '256Mi' },
      });
      for (const workload of ['server', 'edge'] as const) {
        for (const { spec } of await cluster.pods(workload)) {
          expect(spec.containers[0].resources.limits).toEqual(resourceLimits[workload]);
        }
      }
    });

    test('the edges find every server pod by the name of a headless Service, and look up no other', async () => {
      const { cluster } = setting();
      const bootstrap = await edgeBootstrapOf(cluster);
      const byName = bootstrap.static_resources.clusters.filter(({ type }) => type !== 'STATIC');
      expect(byName.map(({ name }) => name).sort()).toEqual(['servers']);
      const headless = (await cluster.get<Service>('services')).filter(
        ({ spec }) => spec.clusterIP === 'None',
      );
      const reachable = headless.map(({ metadata, spec }) => ({
        address: `${metadata.name}.${namespace}.svc.cluster.local`,
        port_value: spec.ports[0].port,
      }));
      for (const { load_assignment } of byName) {
        const [endpoint] = load_assignment.endpoints[0].lb_endpoints;
        expect(reachable).toContainEqual(endpoint.endpoint.address.socket_address);
      }
      await eventually(async () => {
        for (const edge of await cluster.pods('edge')) {
          const stats = await cluster.fromPod(edge, ports.edgeStats, '/stats/prometheus?filter=membership');
          expect(metric(stats, 'envoy_cluster_membership_healthy{envoy_cluster_name="servers"}')).toBe(4);
        }
      });
    });

    test('network policies deny by default, and let each workload do what its configuration asks for', async () => {
      const { cluster } = setting();
      const policies = await cluster.get<NetworkPolicy>('networkpolicies');
      const policy = (name: string) => {
        const found = policies.find(({ metadata }) => metadata.name === name);
        if (!found) throw new Error(`there is no network policy ${name}`);
        return found.spec;
      };
      expect(policy('default-deny')).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });

      const label = (workload: Workload) => ({ 'app.kubernetes.io/name': workloadNames[workload] });
      for (const workload of ['server', 'edge', 'client'] as const) {
        expect(policy(workload).podSelector.matchLabels).toEqual(label(workload));
      }
      for (const workload of ['server', 'edge'] as const) {
        for (const { metadata } of await cluster.pods(workload)) {
          expect(metadata.labels).toMatchObject(label(workload));
        }
      }
      const hop = (from: Workload, to: Workload, port: number) => {
        const peer = (workload: Workload) => [{ podSelector: { matchLabels: label(workload) } }];
        const open = [{ protocol: 'TCP', port }];
        expect(policy(to).ingress).toContainEqual({ from: peer(from), ports: open });
        expect(policy(from).egress).toContainEqual({ to: peer(to), ports: open });
      };
      const { clusters, listeners } = (await edgeBootstrapOf(cluster)).static_resources;
      const servers = clusters.find(({ name }) => name === 'servers')?.load_assignment.endpoints[0];
      hop('edge', 'server', servers?.lb_endpoints[0].endpoint.address.socket_address.port_value ?? 0);
      const listener = (name: string) =>
        listeners.find((each) => each.name === name)?.address.socket_address.port_value ?? 0;
      hop('client', 'edge', listener('ingress'));
      hop('server', 'edge', listener('stats'));
      const [deployment] = await cluster.get<ServerDeployment>(
        'deployments',
        `app.kubernetes.io/name=${deployments.server}`,
      );
      const { env } = deployment?.spec.template.spec.containers[0] ?? {};
      expect(env).toContainEqual({ name: 'EDGE_READY_PORT', value: String(listener('stats')) });
      for (const workload of ['edge', 'client'] as const) {
        expect(JSON.stringify(policy(workload).egress)).toContain('"port":53');
      }
    });

    test.for<[string, object, string]>([
      ['privileges', { privileged: true, allowPrivilegeEscalation: true }, 'privileged'],
      ['root', { runAsNonRoot: false }, 'runAsNonRoot != true'],
      ['a capability', { capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } }, 'unrestricted capabilities'],
      ['a gain of privileges', { allowPrivilegeEscalation: true }, 'allowPrivilegeEscalation != false'],
      ['all system calls', { seccompProfile: { type: 'Unconfined' } }, 'seccompProfile'],
    ])('the namespace refuses a pod with %s', async ([, securityContext, violation]) => {
      const create = (context: object) => kubectl(['create', '--dry-run=server', '-f', '-'], pod(context));
      await expect(create(securityContext)).rejects.toThrow(/violates PodSecurity "restricted:v1\.33"/);
      await expect(create(securityContext)).rejects.toThrow(violation);
      await expect(create({})).resolves.toContain('created');
    });

    test('a message through the Service of the edge is answered by a server pod, with the time', async () => {
      const { cluster } = setting();
      await using edge = await forward(`service/${services.edge}`, ports.edge);
      const socket = await open(edge.host);
      const sent = Date.now();
      const { timestamp, podIp } = await ask(socket);
      expect(Math.abs(Date.parse(timestamp) - sent)).toBeLessThan(60_000);
      expect((await cluster.pods('server')).map(({ status }) => status.podIP)).toContain(podIp);
      socket.close();
    });

    test('deployed again, nothing changes', async () => {
      expect(Object.keys(await setting().up({ expectNoChanges: true }))).toEqual(['same']);
    });
  });
}

function pod(securityContext: object): object {
  const restricted = {
    allowPrivilegeEscalation: false,
    runAsNonRoot: true,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'visitor', namespace },
    spec: { containers: [{ name: 'x', image: 'x', securityContext: { ...restricted, ...securityContext } }] },
  };
}

interface Service {
  metadata: { name: string };
  spec: { clusterIP: string; ports: [{ port: number }] };
}

interface ServerDeployment {
  spec: { template: { spec: { containers: [{ env: object[] }] } } };
}

interface NetworkPolicy {
  metadata: { name: string };
  spec: {
    podSelector: { matchLabels?: Record<string, string> };
    ingress?: object[];
    egress?: object[];
  };
}

interface Address {
  socket_address: { address: string; port_value: number };
}

interface Bootstrap {
  static_resources: {
    listeners: { name: string; address: Address }[];
    clusters: {
      name: string;
      type?: string;
      load_assignment: { endpoints: [{ lb_endpoints: [{ endpoint: { address: Address } }] }] };
    }[];
  };
}

/** The bootstrap that the edges read, from the only ConfigMap there is for them. */
async function edgeBootstrapOf(cluster: Cluster): Promise<Bootstrap> {
  const found = await cluster.get<{ data: Record<string, string> }>(
    'configmaps',
    `app.kubernetes.io/name=${deployments.edge}`,
  );
  expect(found).toHaveLength(1);
  return JSON.parse(Object.values(found[0]?.data ?? {})[0] ?? '') as Bootstrap;
}
