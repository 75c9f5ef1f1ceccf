import { appNames, apps, variableOf } from '@envoy-poc/layers';
import { type TemporaryStack, temporaryStack } from '@envoy-poc/layers/engine';
import { layerFolder } from '../layer-folder.ts';
import { type Cluster, connect, namespace } from './cluster.ts';
import { watchServers } from './servers.ts';

/** The layer, deployed alone, and what tests read it by. */
export interface Setting {
  cluster: Cluster;
  /** Most connections at once of every server process there ever was. */
  most: Map<string, number>;
  configure: TemporaryStack['configure'];
  /** Deploys what is configured, and gives how many resources were created, updated and so on. */
  up(options?: { expectNoChanges: boolean }): Promise<Record<string, number>>;
  /** Takes everything down. */
  end(): Promise<void>;
}

const quiet = { onOutput: () => {} };

/** Deploys the layer to the cluster of `KUBECONFIG`. */
export async function deploySetting(config: Parameters<TemporaryStack['configure']>[0]): Promise<Setting> {
  const temporary = await temporaryStack(layerFolder('workloads'));
  const cluster = await connect();
  const watch = watchServers(cluster);
  const setting: Setting = {
    cluster,
    most: watch.most,
    configure: temporary.configure,
    async up(options) {
      const { summary } = await temporary.stack.up({ ...quiet, ...options });
      return summary.resourceChanges ?? {};
    },
    async end() {
      await watch[Symbol.asyncDispose]();
      await cluster[Symbol.asyncDispose]();
      await temporary.stack.destroy(quiet);
      await temporary[Symbol.asyncDispose]();
    },
  };
  try {
    await temporary.configure({
      kubeconfig: process.env.KUBECONFIG,
      namespace,
      ...Object.fromEntries(
        appNames.map((app) => [`${apps[app].workload}Image`, process.env[variableOf(app, 'IMAGE')]]),
      ),
      edgeImage: process.env.ENVOY_IMAGE,
      ...config,
    });
    await setting.up();
    return setting;
  } catch (error) {
    await setting.end();
    throw error;
  }
}
