import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import dns from 'node:dns';
import { cp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  type AppName,
  appNames,
  apps,
  createKubeconfig,
  exampleOf,
  forEachApp,
  variableOf,
} from '@envoy-poc/layers';
import { kubectl } from '@envoy-poc/layers/real-cluster';
import { services } from '@envoy-poc/layers/workloads';
import { KubeConfig } from '@kubernetes/client-node';
import { vi } from 'vitest';
import { type RigAccount, rigAccount } from './account.ts';
import { type RigWorkspace, rigWorkspace } from './workspace.ts';

const workspace = resolve(import.meta.dirname, '../../..');
const run = promisify(execFile);

/** The namespace that the tests deploy to. */
export const namespace = 'envoy-poc-verify';

/** Values that give access, in the environment of the commands, which no output may show. */
export const secrets = {
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  AWS_SESSION_TOKEN: 'IQoJb3JpZ2luX2VjEXAMPLE//////////token',
} as const;

/** A whole stack: its state in a Pulumi backend, its AWS account in moto, its workloads in the cluster of `KUBECONFIG`. */
export interface RigSetting extends AsyncDisposable {
  readonly workspace: RigWorkspace;
  readonly account: RigAccount;
  /** Digests of the images, by app. */
  readonly digests: Readonly<Record<AppName, string>>;
  /** Deploys the cluster layer anew, with so many nodes wanted. */
  wantNodes(desired: number): Promise<void>;
  /** Addresses of the pods of a Deployment that are ready. */
  addresses(deployment: string): Promise<string[]>;
}

/** Runs kubectl in the namespace of the tests. */
export const inNamespace = (...words: string[]) => kubectl(['--namespace', namespace, ...words]);

/** Replicas and times of the workloads: few and short, to see more in less time. */
const workloadsConfig = {
  ...{
    serverReplicas: 2,
    connectionsPerPod: 2,
    edgeReplicas: 2,
    newConnectionsPerSecond: 1,
    admission: 'exact',
  },
  ...{ clientReplicas: 1, connectionsPerClient: 2 },
  ...{ attemptIntervalSeconds: 2, messageIntervalMinSeconds: 1, messageIntervalMaxSeconds: 2 },
  ...{ serverDrainSeconds: 1, edgeDrainSeconds: 6 },
};

/** Repositories of the apps, as `WS_SERVER_REPOSITORY` and its like name them: the nodes have the images by these names. */
export const repositories = forEachApp((app) => process.env[variableOf(app, 'REPOSITORY')] ?? '');
/** A repository's name, of its URL. */
export const nameOf = (url: string) => url.slice(url.indexOf('/') + 1);

/** Sets it up; what it makes is gone when it is disposed of, also when it fails. */
export async function rigSetting(): Promise<RigSetting> {
  vi.stubEnv('AWS_ENDPOINT_URL', process.env.ECR_ENDPOINT);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'ASIAIOSFODNN7EXAMPLE');
  for (const [key, value] of Object.entries(secrets)) vi.stubEnv(key, value);
  for (const key of ['AWS_PROFILE', 'AWS_REGION', 'AWS_DEFAULT_REGION']) vi.stubEnv(key, undefined);
  await using made = new AsyncDisposableStack();

  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(process.env.KUBECONFIG ?? '');
  const cluster = kubeConfig.getCurrentCluster();
  const stack = made.use(await rigWorkspace(kubeConfig));
  // The setting outlives this function, and so does what it is made of.
  for (const [key, value] of Object.entries(stack.env)) vi.stubEnv(key, value);

  const name = `verify-${randomBytes(3).toString('hex')}`;
  const nodeGroupName = 'envoy_poc_node_group-1a2b3c4';
  const account = made.use(
    await rigAccount({ name, nodeGroupName, repositories: Object.values(repositories).map(nameOf) }),
  );
  await keepHandover(join(stack.root, 'images'), made);
  const digests = Object.fromEntries(
    await Promise.all(appNames.map(async (app) => [app, await push(app)] as const)),
  ) as Record<AppName, string>;

  const repository = (url: string) => {
    const arn = `arn:aws:ecr:us-east-1:123456789012:repository/${nameOf(url)}`;
    return { name: nameOf(url), url, arn };
  };
  const [subnet, ...subnets] = exampleOf('network').privateSubnets;
  if (!subnet) throw new Error('no subnet');
  const region = { 'aws:region': 'us-east-1' };
  const clusterOutputs = (desired: number) => {
    const at = {
      ...{ name, region: 'us-east-1', endpoint: cluster?.server ?? '' },
      certificateAuthority: cluster?.caData ?? '',
    };
    const nodes = { ...exampleOf('cluster').nodes, desired, min: 1 };
    return exampleOf('cluster', {
      ...{ ...at, nodeGroupName, nodes },
      kubeconfig: createKubeconfig({ ...at, profile: 'avive-cfndev-k8s' }),
    });
  };
  const wantNodes = (desired: number) =>
    stack.up('cluster', { ...region, 'cluster:outputs': clusterOutputs(desired) });
  await Promise.all([
    wantNodes(1),
    stack.up('network', {
      ...region,
      'network:outputs': exampleOf('network', {
        // Pods have addresses of the subnets in AWS, and of this range in clusters of tests.
        privateSubnets: [{ ...subnet, cidr: '10.244.0.0/16' }, ...subnets],
      }),
    }),
    stack.up('registry', {
      'registry:outputs': exampleOf('registry', {
        repositories: forEachApp((app) => repository(repositories[app])),
      }),
    }),
    stack.up('platform', { 'platform:outputs': exampleOf('platform') }),
  ]);

  made.defer(() => stack.destroy('workloads'));
  const stop = new AbortController();
  const controller = giveAddress(account.hostname, stop.signal);
  try {
    await stack.up('workloads', {
      ...prefixed({ ...workloadsConfig, namespace, edgeImage: process.env.ENVOY_IMAGE }),
      ...prefixed(
        Object.fromEntries(
          appNames.map((app) => [`${apps[app].workload}Image`, `${repositories[app]}@${digests[app]}`]),
        ),
      ),
    });
  } finally {
    stop.abort();
    await controller;
  }
  await routeTo(account.hostname);
  const addresses = async (deployment: string) => {
    const words = ['get', 'pods', '--selector', `app.kubernetes.io/name=${deployment}`];
    return (await inNamespace(...words, '--output', 'jsonpath={.items[*].status.podIP}')).split(' ');
  };
  await account.addTargets(await addresses('envoy-poc-edge'));
  const end = made.move();
  return {
    ...{ workspace: stack, account, digests, wantNodes, addresses },
    async [Symbol.asyncDispose]() {
      await end.disposeAsync();
      vi.unstubAllEnvs();
      vi.restoreAllMocks();
    },
  };
}

const prefixed = (config: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(config).map(([key, value]) => [`workloads:${key}`, value]));

/** Puts back what the last real push left for deployments, once these pushes have had their use. */
async function keepHandover(copy: string, made: AsyncDisposableStack): Promise<void> {
  const folder = join(workspace, 'dist/images');
  await cp(folder, copy, { recursive: true }).catch(() => {});
  made.defer(async () => {
    await rm(folder, { recursive: true, force: true });
    await cp(copy, folder, { recursive: true }).catch(() => {});
  });
}

/** Pushes the image that the nodes have to the account's repository; gives its digest. */
async function push(app: AppName): Promise<string> {
  const bases = process.env.BASE_IMAGES;
  const base = bases ? ['--base', `oci:${resolve(workspace, bases, 'node-24')}`] : [];
  const where = ['--repository', repositories[app], '--endpoint', process.env.ECR_ENDPOINT ?? ''];
  const command = join(workspace, 'tools/push-images/src/main.ts');
  const { stdout } = await run(process.execPath, [command, '--app', app, ...where, ...base, '--json'], {
    cwd: workspace,
  });
  const [{ digest = '' } = {}] = JSON.parse(stdout) as { digest?: string }[];
  const loaded = process.env[variableOf(app, 'IMAGE')] ?? '';
  if (!loaded.endsWith(`@${digest}`)) throw new Error(`pushed ${digest}, and the nodes have ${loaded}`);
  return digest;
}

/** What the load balancer controller does once it has made a load balancer: writes its name into the Ingress. */
async function giveAddress(hostname: string, signal: AbortSignal): Promise<void> {
  const status = JSON.stringify({ status: { loadBalancer: { ingress: [{ hostname }] } } });
  const patch = [
    'patch',
    'ingress',
    services.edge,
    '--subresource=status',
    '--type=merge',
    '--patch',
    status,
  ];
  while (!signal.aborted) {
    const patched = await inNamespace(...patch).then(
      () => true,
      () => false,
    );
    if (patched) return;
    await sleep(500);
  }
}

/** Lets the load balancer's name lead to the Service of the edges, in this process: its way of balancing is kube-proxy's. */
async function routeTo(hostname: string): Promise<void> {
  const address = await inNamespace(
    'get',
    'service',
    services.edge,
    '--output',
    'jsonpath={.spec.clusterIP}',
  );
  const real = dns.lookup;
  const lookup = (name: string, options: dns.LookupOptions, done: (...answer: unknown[]) => void) => {
    if (name !== hostname) return real(name, options, done as never);
    if (options.all) return done(null, [{ address, family: 4 }]);
    return done(null, address, 4);
  };
  vi.spyOn(dns, 'lookup').mockImplementation(lookup as never);
}
