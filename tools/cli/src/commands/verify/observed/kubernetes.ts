import { setTimeout as sleep } from 'node:timers/promises';
import { logInCommand } from '@envoy-poc/aws-facts/log-in';
import { clusterThroughProxy } from '@envoy-poc/proxy';
import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  Health,
  KubeConfig,
  NetworkingV1Api,
} from '@kubernetes/client-node';
import { CheckError } from '#runtime';

/** A cluster that can be asked. */
export interface Kubernetes {
  readonly config: KubeConfig;
  readonly core: CoreV1Api;
  readonly apps: AppsV1Api;
  readonly networking: NetworkingV1Api;
  /** Longest wait for an answer. */
  readonly answerSeconds: number;
}

/** Somebody may have to log in first, in a browser. */
const ANSWER_SECONDS = 60;

/** Which cluster is meant: the content of a kubeconfig or its file (default: as kubectl finds it), and its context. */
export interface KubernetesPlace {
  readonly content?: string | undefined;
  readonly file?: string | undefined;
  readonly context?: string | undefined;
  /** Longest wait for an answer. Default: {@link ANSWER_SECONDS}. */
  readonly answerSeconds?: number;
}

/** Opens a cluster by a kubeconfig. @throws {CheckError} when that names none */
export function openKubernetes({
  content,
  file,
  context,
  answerSeconds = ANSWER_SECONDS,
}: KubernetesPlace): Kubernetes {
  const config = new KubeConfig();
  try {
    if (content !== undefined) config.loadFromString(content);
    else if (file !== undefined) config.loadFromFile(file);
    else config.loadFromDefault();
    if (context !== undefined) config.setCurrentContext(context);
  } catch (error) {
    const why = error instanceof TypeError ? 'it is empty, or something else' : (error as Error).message;
    throw new CheckError(`the kubeconfig ${file ?? ''} cannot be read: ${why}`, 'name one with --kubeconfig');
  }
  const current = config.getCurrentCluster();
  if (!current) {
    const known = config.getContexts().map(({ name }) => name);
    throw new CheckError(
      `the kubeconfig has no cluster for context ${config.getCurrentContext() || '(none)'}`,
      known.length > 0 ? `--context ${known.join(' or ')}` : 'name a kubeconfig with --kubeconfig',
    );
  }
  if (!URL.canParse(current.server)) {
    throw new CheckError(
      `the kubeconfig has no URL as the server of cluster ${current.name}: ${JSON.stringify(current.server)}`,
      `kubectl config set-cluster ${current.name} --server https://…`,
    );
  }
  config.clusters = config.clusters.map((one) =>
    one.name === current.name ? clusterThroughProxy(one) : one,
  );
  return {
    config,
    answerSeconds,
    core: config.makeApiClient(CoreV1Api),
    apps: config.makeApiClient(AppsV1Api),
    networking: config.makeApiClient(NetworkingV1Api),
  };
}

/** Whether the API server says of itself that it is ready. */
export async function apiIsReady({ config }: Kubernetes): Promise<boolean> {
  return new Health(config).readyz({});
}

/**
 * Does something with the API server; an error becomes a sentence with the next step.
 *
 * @param what is asked for, such as `pods in envoy-poc`
 * @returns undefined when it is not there
 * @throws {CheckError}
 */
export async function askKubernetes<T>(
  { config, answerSeconds }: Kubernetes,
  what: string,
  ask: () => Promise<T>,
): Promise<T | undefined> {
  const server = config.getCurrentCluster()?.server;
  const answered = new AbortController();
  const late = sleep(answerSeconds * 1000, undefined, answered).then(() => {
    throw Object.assign(new Error(`no answer in ${answerSeconds} s`), { code: 'ETIMEDOUT' });
  });
  try {
    return await Promise.race([ask(), late]);
  } catch (error) {
    if (error instanceof ApiException) {
      if (error.code === 404) return undefined;
      if (error.code === 401 || error.code === 403) {
        throw new CheckError(
          `${server} does not let you see ${what} (${error.code})`,
          'ask who deploys the cluster to name your role in cluster:adminPrincipalArns, or use a kubeconfig that may',
          { cause: error },
        );
      }
      throw new CheckError(`${server} answers ${error.code} to ${what}`, 'run this again in a minute', {
        cause: error,
      });
    }
    const text = error instanceof Error ? error.message : String(error);
    const exec = config.getCurrentUser()?.exec as ExecCommand | undefined;
    if (exec?.command && (error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') {
      const { command, args = [] } = exec;
      const isAws = /(^|\/)aws$/.test(command);
      if ((error as NodeJS.ErrnoException).syscall === `spawn ${command}`) {
        throw new CheckError(
          `there is no ${command} on PATH, which the kubeconfig asks for a token`,
          isAws
            ? 'install it: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html'
            : 'install it, or use another kubeconfig',
          { cause: error },
        );
      }
      // Only an error of the command itself has neither a code nor a cause.
      if (!('code' in (error as object)) && (error as Error).cause === undefined) {
        throw new CheckError(
          `the kubeconfig's command for a token failed: ${[command, ...args].join(' ')}: ${text.trim()}`,
          isAws
            ? await logInCommand(profileIn(exec), process.env)
            : 'run that command yourself: it has to give a token',
          { cause: error },
        );
      }
    }
    throw new CheckError(
      `${server} cannot be asked for ${what}: ${text}`,
      `kubectl get --raw /readyz --context ${config.getCurrentContext()}`,
      { cause: error },
    );
  } finally {
    answered.abort();
  }
}

/** The command of a kubeconfig that gives a token. */
interface ExecCommand {
  readonly command: string;
  readonly args?: readonly string[];
}

function profileIn({ args = [] }: ExecCommand): string | undefined {
  const at = args.indexOf('--profile');
  return at < 0 ? undefined : args[at + 1];
}
