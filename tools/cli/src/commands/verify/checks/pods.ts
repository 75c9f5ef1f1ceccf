import type { Workload } from '@envoy-poc/layers/workloads';
import { type Check, fail, type Outcome, pass, warn } from '#runtime';
import type { VerifyContext } from '../context.ts';
import type { PodState } from '../observed/platform.ts';

/** A pod that restarted this often in so short a life is restarting still. */
const manyRestarts = 3;

/** What pods of workloads tell: whether as many work as should, and for how long. */
export function judgePods(
  workloads: readonly { workload: Workload; wanted: number; pods: readonly PodState[]; look: string }[],
): Outcome {
  const seen: string[] = [];
  let next: string | undefined;
  let restless: string | undefined;
  for (const { workload, wanted, pods, look } of workloads) {
    const bad = pods.filter(({ problem }) => problem !== undefined);
    const works = pods.filter(({ problem }) => problem === undefined);
    const good = works.length;
    const problems = bad.map(({ name, problem }) => `\n${name}: ${problem}`).join('');
    if (good !== wanted || bad.length > 0) next ??= look;
    seen.push(`${good} of ${wanted} ${workload}s run${agesOf(works)}${restartsOf(pods)}${problems}`);
    if (pods.some(({ restarts }) => restarts >= manyRestarts)) restless ??= look;
  }
  const text = seen.join('; ');
  if (next !== undefined) return fail(text, next);
  return restless === undefined ? pass(text) : warn(text, restless);
}

function agesOf(pods: readonly PodState[]): string {
  const ages = pods.flatMap(({ ageSeconds }) => ageSeconds ?? []);
  return ages.length === 0 ? '' : ` for ${age(Math.min(...ages))} or more`;
}

function restartsOf(pods: readonly PodState[]): string {
  const restarts = pods.reduce((sum, pod) => sum + pod.restarts, 0);
  return restarts === 0 ? '' : `, ${restarts} restarts`;
}

function age(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  return seconds < 7200 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(0)} h`;
}

const podsOf = (id: string, title: string, workloads: readonly Workload[]): Check<VerifyContext> => ({
  id,
  title,
  needs: ['plane'],
  async run({ plane, look }) {
    const { promised, pods } = await plane();
    const { replicas } = await promised();
    const each = workloads.map(async (workload) => {
      const wanted = replicas[workload];
      if (wanted === undefined) return [];
      return { workload, wanted, pods: await pods(workload), look: await look(workload) };
    });
    return judgePods((await Promise.all(each)).flat());
  },
});

/** Checks 5 and 6: every pod is there and works. */
export const podChecks = [
  podsOf('workloads', 'servers and clients run', ['server', 'client']),
  podsOf('edges', 'Envoy runs', ['edge', 'picker']),
] as const;
