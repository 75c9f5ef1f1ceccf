import { row } from '../part.ts';
import { calibrationSection } from './calibration/section.ts';
import { goalPlot, goalSection } from './goal-section.ts';
import { lawPlot, lawSection } from './law-section.ts';
import type { Results, Table } from './results.ts';

/** docs/scale.md and its plots, by their names in docs/images. */
export function page(results: Results): { text: string; plots: Record<string, string> } {
  const { calibration, law, goal, walls } = results;
  const text = [
    ...opening,
    ...sizes,
    ...(law ? lawSection(law) : []),
    ...(goal ? goalSection(goal) : []),
    ...(walls ? wallsSection(walls) : []),
    ...(calibration ? calibrationSection(calibration) : []),
    '',
  ].join('\n');
  const plots = {
    ...(law && { 'scale-law.svg': lawPlot(law) }),
    ...(goal && { 'scale-goal.svg': goalPlot(goal) }),
  };
  return { text, plots };
}

const opening = [
  '# Scale',
  '',
  'How many pods each way to find a free slot is good for, and what to change at which size. Written by',
  '`npx nx run bench:scale`; most figures are of a simulator, [compared with real Envoys](#the-simulator-and-real-envoys) below.',
  '',
  'The limit of a pod holds at any size, because the pod itself decides. What has a limit of size is *finding* the slot',
  'that is free: edges learn by health checks which pods are full, and what they know is as old as the last check.',
];

const sizes = [
  '',
  '## What to do at which size',
  '',
  '| server pods | what to do |',
  '| --- | --- |',
  '| up to 1,000 | nothing: this is what `libs/edge` allows (`ceilings.servers`). With `admission: exact` the picker finds the slot; `shared` does while [the law](#how-many-tries-find-a-slot) allows it |',
  '| up to 4,000 | raise `ceilings` in [`libs/edge`](../libs/edge/src/limits.ts): servers, and connections, which an edge and its heap have to hold. One headless Service has at most 4,091 addresses, as a DNS answer has at most 64 KiB. An edge makes one check of each pod per interval; some 4,000 a second leave it room for its work in the 250m of CPU that it has: beyond that, make the checks slower ([`clusters.ts`](../libs/edge/src/clusters.ts)) and use the picker |',
  '| above | shards: several Deployments, each with a headless Service of up to 4,000 pods, and all names in the one cluster of the edges (`load_assignment` takes several `lb_endpoints`); with that, what is free in one shard is free for all. Checks every 30 s with the picker, which does not need them: they only sort out pods for the case that it is away. A picker accepts 12,000 streams of pods; for more than 10,000 pods, run several such fleets side by side |',
  '| where DNS is too slow or too large | a control plane that sends endpoints by EDS. It can also send their health (`DEGRADED` for a full pod), so that edges check nothing. Each update of a cluster carries all its endpoints, so collect changes for a moment before sending |',
  '| many teams, many gateways | Envoy Gateway. Its `SecurityPolicy` asks an HTTP service (`extAuth`) and passes headers on (`headersToBackend`); its `BackendTrafficPolicy` follows a header with addresses ([endpoint override](https://gateway.envoyproxy.io/docs/tasks/traffic/load-balancing)). The picker answers in that form. Not tried here. Inference gateways ask an endpoint picker by `ext_proc` (gRPC), with the same header; the picker of this project does not speak that |',
  '',
  'Without the picker, a shared rate over all edges needs a service too, such as',
  '[envoyproxy/ratelimit](https://github.com/envoyproxy/ratelimit). It counts calendar seconds: a rate of 1 a second admits',
  'one at the end of a second and one at the beginning of the next, a moment later. The picker keeps the interval.',
];

function wallsSection(tables: readonly Table[]): string[] {
  return [
    '',
    '## Where parts end',
    ...tables.flatMap(({ title, text, columns, rows }) => [
      '',
      `### ${title}`,
      ...(text ? ['', text] : []),
      '',
      row(...columns),
      row(...columns.map(() => '---')),
      ...rows.map((cells) => row(...cells)),
    ]),
  ];
}
