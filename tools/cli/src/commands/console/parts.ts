import type { Setup } from '@envoy-poc/console';
import { wantedBy } from '@envoy-poc/edge';
import { ports, type Workload } from '@envoy-poc/layers/workloads';
import type { Tunnels } from '../verify/observed/tunnel.ts';
import type { Terms } from './limits.ts';
import type { Member } from './members.ts';

/** Where a workload has its metrics. */
const statistics = {
  server: { port: ports.server, path: '/metrics' },
  edge: { port: ports.edgeStats, path: '/stats/prometheus' },
  picker: { port: ports.picker, path: '/metrics' },
} as const;

const those = (members: readonly Member[], workload: Workload) =>
  members.filter((one) => one.workload === workload);

/** What the observer has to know of who takes part. */
export function observedOf(members: readonly Member[], { limits, demand }: Terms) {
  return {
    limits,
    wanted: wantedBy(demand),
    pods: those(members, 'server').map(({ name, ip, env, ready, leaving }) => ({
      ...{ name, address: `${ip}:${ports.server}`, podIp: ip },
      ...((leaving || !ready) && { away: true as const }),
      limit: Number(env.CONNECTIONS_PER_POD) || limits.connectionsPerPod,
    })),
    edges: those(members, 'edge').map(({ name, podName, ip }) => ({
      ...{ name, url: `ws://${ip}:${ports.edge}/`, says: podName },
    })),
    pickers: those(members, 'picker').map(({ name }) => ({ name })),
    clientNames: new Map(those(members, 'client').map(({ ip, name }) => [ip, name])),
  };
}

/** What the page has to know of them; its links lead through tunnels. */
export async function setupOf(
  members: readonly Member[],
  { limits, demand }: Terms,
  { tunnels, ...of }: Required<Pick<Setup, 'startedAt' | 'place'>> & { readonly tunnels: Tunnels },
): Promise<Setup> {
  const { connectionsPerPod, newConnectionsPerSecond, admission } = limits;
  const each = <T>(workload: keyof typeof statistics, tell: (member: Member, stats: string) => T) =>
    Promise.all(
      those(members, workload).map(async (member) => {
        const { port, path } = statistics[workload];
        return tell(member, `http://${await tunnels.to(member.podName, port)}${path}`);
      }),
    );
  return {
    ...of,
    ...{ connectionsPerPod, newConnectionsPerSecond, admission },
    connectionsPerClient: demand.connectionsPerClient,
    clients: those(members, 'client').map(({ name, ip }) => ({ name, address: ip })),
    edges: await each('edge', ({ name, ip }, stats) => ({ name, url: `ws://${ip}:${ports.edge}/`, stats })),
    pods: await each('server', ({ name, ip }, stats) => ({ name, address: `${ip}:${ports.server}`, stats })),
    pickers: await each('picker', ({ name }, stats) => ({ name, stats })),
  };
}
