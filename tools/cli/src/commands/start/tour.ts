import type { TourStep } from '@envoy-poc/console';
import type { RunState } from './events.ts';
import type { Options } from './options.ts';
import type { Fault, Plan } from './parts.ts';
import { type Outcome, outcomeWords, type StormOptions } from './storm.ts';

/** What a step does to a run. */
export interface Stage {
  /** As the run was before the step. */
  plan: Plan;
  state: () => RunState;
  /** Names of the processes of a kind that run, such as `pod`. */
  running: (kind: 'pod' | 'picker') => string[];
  kill: (names: readonly string[]) => Promise<void>;
  /** Starts whatever was ended, and judges anew. */
  startEnded: () => Promise<void>;
  /** Sets the run up otherwise than it was, all at once, and judges anew. */
  setUp: (options: Partial<Options>, fault?: Fault) => Promise<void>;
  /** Sets the run up as it was. */
  setBack: () => Promise<void>;
  storm: (
    options: Pick<StormOptions, 'attempts' | 'everyMs' | 'headers'> & { edge?: number },
  ) => Promise<Outcome>;
  wait: (milliseconds: number) => Promise<void>;
  /** Tells what happened. */
  mark: (what: string) => void;
}

/** A step of the guided tour: breaks a limit on purpose, shows it, and mends it. Both say in words what was done. */
interface Step {
  /** Why it cannot be taken with a plan; undefined: it can. */
  unfit: (plan: Plan) => string | undefined;
  break: (stage: Stage) => Promise<string>;
  mend: (stage: Stage) => Promise<string>;
}

/** More connections on a pod than anybody opens. */
const NO_LIMIT = 1_000_000;

/** More new connections a second than anybody makes, however close together. */
const NO_RATE = 100_000;

/** Every address that a client of a local run can have. */
const EVERYBODY = ['127.0.0.0/8'];

/** From one look of the run at its pods to the next, and some more, in milliseconds. */
const LOOK_MS = 2000;

/** Longest wait for clients to come back to a pod, in milliseconds. */
const FILLED_MS = 15_000;

/** More than the rate for some seconds. */
const load = { attempts: 60, everyMs: 100 };
const loadSeconds = (load.attempts * load.everyMs) / 1000;

const needsEdges = ({ options: { edgeReplicas } }: Plan) =>
  edgeReplicas < 2 ? `edgeReplicas ${edgeReplicas}: this step needs 2 edges or more, set it to 3` : undefined;

const setBack = async (stage: Stage) => {
  await stage.setBack();
  return 'the run is set up as before';
};

/** The common mistake: a limit of connections to each pod in Envoy's circuit breaker, which each edge and worker counts alone. */
const edgeOnly: Step = {
  unfit: needsEdges,
  async break(stage) {
    const slotsOfPod = 2;
    stage.mark(`only the circuit breaker of each edge limits a pod to ${slotsOfPod} connections; no picker`);
    await stage.setUp(
      // A rate that lets the storm through, and no picker, which knows better.
      {
        ...{ admission: 'shared', connectionsPerPod: slotsOfPod },
        ...{ newConnectionsPerSecond: NO_RATE, newConnectionsPerSecondPerClient: undefined },
      },
      {
        connectionsPerPod: NO_LIMIT,
        patch({ static_resources: { clusters } }) {
          const servers = clusters.find(({ name }) => name === 'servers');
          Object.assign(servers ?? {}, {
            circuit_breakers: { per_host_thresholds: [{ max_connections: slotsOfPod }] },
          });
        },
      },
    );
    const slots = stage.plan.options.serverReplicas * slotsOfPod;
    const attempts = Math.min(900, Math.max(60, 10 * slots));
    const storm = stage.storm({ attempts });
    await stage.wait(LOOK_MS);
    const most = Math.max(...stage.state().pods.map(({ highWater }) => highWater));
    const outcome = outcomeWords(await storm);
    return `${attempts} upgrades at once for ${slots} slots: ${outcome}; ${most} on one pod, whose limit is ${slotsOfPod}`;
  },
  mend: setBack,
};

/** The fields of the rate limit on upgrades in a bootstrap. */
function upgradeRate(bootstrap: object): object {
  let found: object | undefined;
  JSON.stringify(bootstrap, (_, part) => {
    // The route of that name; headers have it too.
    if (part?.name === 'upgrade')
      found ??= part.typed_per_filter_config?.['envoy.filters.http.local_ratelimit'];
    return part;
  });
  if (!found) throw new Error('the route of upgrades has no rate limit');
  return found;
}

/**
 * Two common mistakes: `local_cluster_rate_limit`, by which edges divide a bucket by their number, with fewer tokens than
 * edges, so that none ever holds a whole one; and what people then do, a whole bucket at every edge.
 */
const smallBucket: Step = {
  unfit: needsEdges,
  async break(stage) {
    const { edgeReplicas } = stage.plan.options;
    const onePerSecond: Partial<Options> = {
      ...{ admission: 'shared' as const, newConnectionsPerSecond: 1 },
      newConnectionsPerSecondPerClient: undefined,
    };
    const shown = async () => {
      const { open, full, rate } = await stage.storm(load);
      return `${open + full} passed the rate and ${rate} did not`;
    };
    stage.mark(`${edgeReplicas} edges divide a bucket of one token, 1 a second; no picker`);
    const edges = stage.plan.places.edges.map(({ ingress: { address, port } }) => ({
      endpoint: { address: { socket_address: { address, port_value: port } } },
    }));
    await stage.setUp(onePerSecond, {
      patch(bootstrap) {
        Object.assign(upgradeRate(bootstrap), {
          token_bucket: { max_tokens: 1, tokens_per_fill: 1, fill_interval: '1s' },
          local_cluster_rate_limit: {},
        });
        const endpoints = [{ lb_endpoints: edges }];
        Object.assign(bootstrap, { cluster_manager: { local_cluster_name: 'edges' } });
        (bootstrap.static_resources.clusters as object[]).push({
          ...{ name: 'edges', type: 'STATIC', connect_timeout: '1s' },
          load_assignment: { cluster_name: 'edges', endpoints },
        });
      },
    });
    const divided = await shown();
    stage.mark(`each of ${edgeReplicas} edges holds a whole bucket of 1 a second`);
    await stage.setUp(onePerSecond, { edgeLimits: { edgeReplicas: 1 } });
    return (
      `${load.attempts} upgrades in ${loadSeconds} s at a rate of 1 a second: one token for all edges, ${divided}; ` +
      `one for each, ${await shown()}`
    );
  },
  mend: setBack,
};

const forgers = 20;

/** One client that names another address in each attempt. */
async function forge(stage: Stage): Promise<string> {
  const { open } = await stage.storm({
    ...{ attempts: forgers, everyMs: 50, edge: 0 },
    headers: (n) => ({ 'x-forwarded-for': `198.51.100.${n + 1}` }),
  });
  return `${open} of ${forgers} upgrades admitted, each with another forged address of one client`;
}

/** One in 5 s for a client, and place for all that come. */
const perClient = ({ options: { serverReplicas } }: Plan): Partial<Options> => ({
  ...{ newConnectionsPerSecond: NO_RATE, newConnectionsPerSecondPerClient: 0.2 },
  connectionsPerPod: Math.max(1, Math.min(50, Math.floor(2000 / serverReplicas))),
});

/** The common mistake: edges that believe `X-Forwarded-For` of anybody instead of the load balancer's. */
const forgedAddress: Step = {
  unfit: () => undefined,
  async break(stage) {
    stage.mark('edges believe the X-Forwarded-For of everybody; a client may come once in 5 s');
    await stage.setUp(perClient(stage.plan), { trustedProxyCidrs: EVERYBODY });
    return forge(stage);
  },
  async mend(stage) {
    await stage.setUp(perClient(stage.plan));
    const shown = await forge(stage);
    stage.mark(`edges believe nobody's X-Forwarded-For: ${shown}`);
    return `${shown}; ${await setBack(stage)}`;
  },
};

const startEnded = async (stage: Stage) => {
  await stage.startEnded();
  return 'what was killed runs again';
};

/** A pod dies with all its connections. */
const killedPod: Step = {
  unfit: ({ options: { serverReplicas } }) =>
    serverReplicas < 2
      ? `serverReplicas ${serverReplicas}: this step needs 2 pods or more, set it to 4`
      : undefined,
  async break(stage) {
    const running = stage.running('pod');
    const [fullest] = stage
      .state()
      .pods.filter(({ name }) => running.includes(name))
      .sort((a, b) => b.open - a.open);
    if (!fullest) throw new Error('no pod runs');
    stage.mark(`${fullest.name} is killed with ${fullest.open} connections`);
    await stage.kill([fullest.name]);
    await stage.wait(LOOK_MS + 8000);
    const others = stage.state().pods.filter(({ name }) => name !== fullest.name);
    const most = Math.max(...others.map(({ highWater }) => highWater));
    const open = others.reduce((sum, pod) => sum + pod.open, 0);
    return `10 s after ${fullest.name} was killed the others hold ${open} connections, never more than ${most} on one of them`;
  },
  async mend(stage) {
    const dead = stage.state().silent.pods.map(({ name }) => name);
    await stage.startEnded();
    const again = `${dead.join(' and ') || 'what was killed'} runs again`;
    stage.mark(`${again}, and is empty`);
    const slots = () => stage.state().slots;
    const isFull = ({ open, capacity, wanted }: RunState['slots']) => open >= Math.min(capacity, wanted);
    for (let waitedMs = 0; waitedMs < FILLED_MS && !isFull(slots()); waitedMs += LOOK_MS / 4)
      await stage.wait(LOOK_MS / 4);
    const { open, capacity } = slots();
    return `${again}, and clients came back at the rate: ${open} of ${capacity} slots are open`;
  },
};

/** Every endpoint picker dies. */
const noPicker: Step = {
  unfit: ({ options: { admission } }) =>
    admission === 'exact'
      ? undefined
      : `admission ${admission}: this run has no picker, start it with --admission exact`,
  async break(stage) {
    const pickers = stage.running('picker');
    stage.mark(`${pickers.join(' and ')} are killed; each edge admits by its share of the rate`);
    await stage.kill(pickers);
    const { open, full, rate } = await stage.storm(load);
    return `without a picker ${open + full} passed the rate and ${rate} did not, of ${load.attempts} upgrades in ${loadSeconds} s`;
  },
  mend: startEnded,
};

export const steps: Record<TourStep, Step> = {
  'edge-only': edgeOnly,
  'small-bucket': smallBucket,
  'forged-address': forgedAddress,
  'killed-pod': killedPod,
  'no-picker': noPicker,
};
