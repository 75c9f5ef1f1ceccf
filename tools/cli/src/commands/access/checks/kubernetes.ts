import { type Check, fail, pass, warn } from '#runtime';
import type { AccessContext, Right } from '../context.ts';
import { reach } from '../reach.ts';

const endpoint: Check<AccessContext> = {
  id: 'endpoint',
  title: 'the API server is reached',
  needs: ['cluster'],
  async run(context, signal) {
    const { endpoint, certificateAuthority } = await context.cluster();
    const { name, region, profile } = await context.place();
    const error = await reach(endpoint, certificateAuthority, signal);
    if (error === undefined) return pass(endpoint);
    const look = `aws eks describe-cluster --name ${name} --region ${region} --profile ${profile} --query cluster.resourcesVpcConfig`;
    if (error.kind === 'certificate') {
      return fail(
        `${endpoint} shows a certificate that is not of the cluster's authority: ${error.message}`,
        'see whether a proxy stands between (HTTPS_PROXY, a VPN), then run this again',
      );
    }
    return fail(
      `${endpoint} cannot be reached: ${error.message}`,
      `see whether the network is up and lets you reach it, and whether publicAccessCidrs has your address: ${look}`,
    );
  },
};

const letIn: Check<AccessContext> = {
  id: 'let-in',
  title: 'the API server lets you in',
  needs: ['kubeconfig', 'endpoint'],
  run: async (context) => pass(`as ${await context.username()}`),
};

interface NamedRight {
  readonly id: string;
  readonly title: string;
  /** What the right is for; its namespace is the workloads', unless it is of the whole cluster. */
  readonly right: Right;
  readonly ofCluster?: true;
}

/** What somebody needs who looks after the workloads. */
const rights: readonly NamedRight[] = [
  { id: 'see-pods', title: 'may see pods', right: { verb: 'list', resource: 'pods' } },
  { id: 'read-logs', title: 'may read logs', right: { verb: 'get', resource: 'pods', subresource: 'log' } },
  {
    id: 'exec',
    title: 'may run commands in pods',
    right: { verb: 'create', resource: 'pods', subresource: 'exec' },
  },
  {
    id: 'port-forward',
    title: 'may forward ports',
    right: { verb: 'create', resource: 'pods', subresource: 'portforward' },
  },
  {
    id: 'see-deployments',
    title: 'may see Deployments',
    right: { verb: 'list', group: 'apps', resource: 'deployments' },
  },
  {
    id: 'restart',
    title: 'may restart Deployments',
    right: { verb: 'patch', group: 'apps', resource: 'deployments' },
  },
  { id: 'see-nodes', title: 'may see nodes', right: { verb: 'list', resource: 'nodes' }, ofCluster: true },
];

/** A name for a binding, from a user's. */
const slugOf = (user: string) =>
  user
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean)
    .slice(-2)
    .join('-');

const rightChecks = rights.map(
  ({ id, title, right, ofCluster }): Check<AccessContext> => ({
    id,
    title,
    needs: ['let-in'],
    async run(context) {
      const { namespace } = await context.place();
      if (await context.may(ofCluster ? right : { ...right, namespace })) {
        return pass(ofCluster ? 'in the cluster' : `in namespace ${namespace}`);
      }
      const user = await context.username();
      const by = 'let somebody who administers the cluster type:\n';
      const binding = `envoy-poc-${slugOf(user)}`;
      if (ofCluster) {
        return warn(
          `${user} may not; only kubectl get nodes needs it`,
          `${by}kubectl create clusterrole envoy-poc-see-nodes --verb=get,list,watch --resource=nodes\n` +
            `kubectl create clusterrolebinding ${binding}-see-nodes --clusterrole=envoy-poc-see-nodes --user='${user}'`,
        );
      }
      return fail(
        `${user} may not, in namespace ${namespace}`,
        `${by}kubectl create rolebinding ${binding} --clusterrole=edit --user='${user}' --namespace ${namespace}`,
      );
    },
  }),
);

/** Whether Kubernetes can be reached, and what it lets the profile do. */
export const kubernetesChecks: readonly Check<AccessContext>[] = [endpoint, letIn, ...rightChecks];
