import { BatchGetImageCommand, ECRClient } from '@aws-sdk/client-ecr';
import { DescribeClusterCommand, DescribeNodegroupCommand, EKSClient } from '@aws-sdk/client-eks';
import {
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { appOf, appWorkloads, deployCommand, ecrImageOf, layers, pushCommand } from '@envoy-poc/layers';
import { askAws, awsOptions, type Check, CheckError, fail, pass, readLastUpdate, skip } from '#runtime';
import type { StackContext } from '../context.ts';

const stacks: Check<StackContext> = {
  id: 'stacks',
  title: 'every layer is deployed',
  async run({ root, stack, run }) {
    const bad: string[] = [];
    let first: string | undefined;
    let last = '';
    const updates = await Promise.all(
      layers.map(async (layer) => [layer, await readLastUpdate(run, root, layer, stack)] as const),
    );
    for (const [layer, update] of updates) {
      const what = !update ? 'was never deployed' : `${update.kind} ${update.result}`;
      if (update?.result === 'succeeded' && update.kind !== 'destroy') {
        const at = update.endTime?.toISOString() ?? '';
        last = at > last ? at : last;
        continue;
      }
      bad.push(`${layer}: ${what}`);
      first ??= deployCommand(layer, stack);
    }
    return first ? fail(bad.join('\n'), first) : pass(`${layers.length} layers, the last one at ${last}`);
  },
};

const cluster: Check<StackContext> = {
  id: 'cluster',
  title: 'the cluster is active',
  needs: ['stacks'],
  async run({ place, outputs, stack }, abortSignal) {
    const [at, { name, version, nodeGroupName }] = [await place(), await outputs('cluster')];
    const client = new EKSClient(awsOptions(at));
    const nodegroupName = nodeGroupName;
    const drift = `npx nx run cluster:drift --stack ${stack}`;
    const described = await orDrift(drift, () =>
      askAws(at, 'eks:DescribeCluster', () =>
        client.send(new DescribeClusterCommand({ name }), { abortSignal }),
      ),
    );
    const group = await orDrift(drift, () =>
      askAws(at, 'eks:DescribeNodegroup', () =>
        client.send(new DescribeNodegroupCommand({ clusterName: name, nodegroupName }), { abortSignal }),
      ),
    );
    const { status, health, version: running } = described.cluster ?? {};
    const nodeGroup = group.nodegroup;
    const issues = [...(health?.issues ?? []), ...(nodeGroup?.health?.issues ?? [])];
    const text =
      `${name} is ${status}, Kubernetes ${running}; node group is ${nodeGroup?.status}, ` +
      `${nodeGroup?.scalingConfig?.desiredSize} nodes of ${nodeGroup?.instanceTypes?.join(', ')}`;
    const look = `aws eks describe-cluster --name ${name} --region ${at.region}`;
    if (issues.length > 0) {
      return fail(`${text}\n${issues.map(({ code, message }) => `${code}: ${message}`).join('\n')}`, look);
    }
    if (status !== 'ACTIVE' || nodeGroup?.status !== 'ACTIVE') return fail(text, look);
    return running === version ? pass(text) : fail(`${text}; the stack says ${version}`, drift);
  },
};

/** What the stack made and AWS does not have was removed behind Pulumi's back. */
async function orDrift<T>(drift: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof CheckError && error.message.includes('ResourceNotFoundException'))) throw error;
    throw new CheckError(error.message, drift, { cause: error });
  }
}

const repositories: Check<StackContext> = {
  id: 'repositories',
  title: 'the images are there',
  needs: ['stacks'],
  async run({ place, outputs, stack }, abortSignal) {
    const [at, { registryId, repositories: published }, { images }] = [
      await place(),
      await outputs('registry'),
      await outputs('workloads'),
    ];
    const client = new ECRClient(awsOptions(at));
    const missing: string[] = [];
    const seen: string[] = [];
    let next: string | undefined;
    for (const workload of appWorkloads) {
      const image = images[workload];
      // Not every configuration runs every workload.
      if (image === undefined) continue;
      const app = appOf[workload];
      const { name, digest } = ecrImageOf(image) ?? {};
      const repositoryName = published[app].name;
      const push = pushCommand(app, stack);
      if (name !== repositoryName) {
        missing.push(`${workload} runs ${image}, which is not of ${repositoryName}`);
        next ??= push;
        continue;
      }
      const input = { registryId, repositoryName, imageIds: [{ imageDigest: digest }] };
      const { images: found = [] } = await askAws(at, 'ecr:BatchGetImage', () =>
        client.send(new BatchGetImageCommand(input), { abortSignal }),
      );
      if (found.length === 0) {
        missing.push(`${image} is not there`);
        next ??= push;
      } else seen.push(`${repositoryName}@${digest?.slice(0, 19)}…`);
    }
    return next ? fail(missing.join('\n'), next) : pass(seen.join(', '));
  },
};

const loadBalancer: Check<StackContext> = {
  id: 'load-balancer',
  title: 'the load balancer is healthy',
  needs: ['stacks'],
  async run({ place, outputs, stack }, abortSignal) {
    const [at, { loadBalancerHostname: hostname, namespace, limits }] = [
      await place(),
      await outputs('workloads'),
    ];
    if (hostname === undefined) return skip('because the workloads layer has no Ingress');
    const client = new ElasticLoadBalancingV2Client(awsOptions(at));
    const all = await askAws(at, 'elasticloadbalancing:DescribeLoadBalancers', () =>
      client.send(new DescribeLoadBalancersCommand({}), { abortSignal }),
    );
    const found = all.LoadBalancers?.find(({ DNSName }) => DNSName === hostname);
    const look = `kubectl --namespace ${namespace} describe ingress`;
    if (!found) return fail(`there is no load balancer ${hostname}`, look);
    if (found.State?.Code !== 'active') {
      return fail(
        `${hostname} is ${found.State?.Code}: ${found.State?.Reason ?? ''}`,
        `npx envoy-poc verify --watch --stack ${stack}`,
      );
    }
    const { TargetGroups = [] } = await askAws(at, 'elasticloadbalancing:DescribeTargetGroups', () =>
      client.send(new DescribeTargetGroupsCommand({ LoadBalancerArn: found.LoadBalancerArn }), {
        abortSignal,
      }),
    );
    const health = TargetGroups.map(({ TargetGroupArn }) =>
      askAws(at, 'elasticloadbalancing:DescribeTargetHealth', () =>
        client.send(new DescribeTargetHealthCommand({ TargetGroupArn }), { abortSignal }),
      ),
    );
    // Those of edges that went are drained for a while.
    const targets = (await Promise.all(health))
      .flatMap(({ TargetHealthDescriptions = [] }) => TargetHealthDescriptions)
      .filter(({ TargetHealth }) => TargetHealth?.State !== 'draining');
    const bad = targets.filter(({ TargetHealth }) => TargetHealth?.State !== 'healthy');
    const text = `${hostname} is active, ${targets.length - bad.length} of ${targets.length} targets are healthy`;
    const wanted = limits.edgeReplicas;
    if (bad.length === 0 && targets.length === wanted) return pass(text);
    if (bad.length === 0) {
      return fail(`${text}, and there should be ${wanted}, one for each edge`, look);
    }
    const reasons = bad.map(
      ({ Target, TargetHealth: h }) =>
        `${Target?.Id}:${Target?.Port} is ${h?.State}: ${h?.Description ?? h?.Reason ?? ''}`,
    );
    return fail([text, ...reasons].join('\n'), look);
  },
};

/** Checks 1, 2, 4 and 7: what the backend and AWS say. */
export const stackChecks = { stacks, cluster, repositories, loadBalancer } as const;
