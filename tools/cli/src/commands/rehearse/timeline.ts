import type { Ended, RunRecord } from '@envoy-poc/doubles';
import { parseUrn } from '@envoy-poc/doubles';
import type { Layer } from '@envoy-poc/layers';
import { appNames, apps } from '@envoy-poc/layers';

/** Something that took time. Times in milliseconds since the run began. */
export interface Bar {
  name: string;
  start: number;
  end: number;
  /** Whether the run would have been shorter, had this been. */
  critical: boolean;
  /** What happened, such as `34 created`. */
  note: string;
  /** Its longest parts, and those that are critical; in the order in which they began. */
  parts: Bar[];
}

/** A run of one verb over all layers. */
export interface Timeline {
  verb: string;
  stack: string;
  /** Milliseconds. */
  length: number;
  bars: Bar[];
  /** Names of the bars on the critical path, in their order. */
  criticalPath: string[];
}

/** What a timeline is made of. */
export interface TimelineInput {
  verb: string;
  stack: string;
  /** When the run began and ended; epoch milliseconds. */
  startedAt: number;
  endedAt: number;
  records: readonly RunRecord[];
  operations: readonly Ended[];
  /** Which tasks each task waits for, such as `cluster` for `network`. */
  needs: ReadonlyMap<string, readonly string[]>;
  /**
   * What each resource depends on, by URN. Left out for a destroy: Pulumi deletes in batches, each after all of the one
   * before.
   */
  dependencies?: ReadonlyMap<string, readonly string[]>;
}

/** How many parts of a bar are shown that are not critical. */
const LONGEST = 3;

/** Lays out who waited for whom. */
export function timelineOf(input: TimelineInput): Timeline {
  const { verb, stack, startedAt, endedAt } = input;
  const bars = [...layerBars(input), ...pushBars(input)].sort((a, b) => a.start - b.start);
  const byName = new Map(bars.map((bar) => [bar.name, bar]));
  const path = pathTo(lastOf(bars), (bar) =>
    (input.needs.get(bar.name) ?? []).flatMap((name) => byName.get(name) ?? []),
  );
  for (const bar of path) bar.critical = true;
  // Within a layer off the path, nothing made the run longer.
  for (const bar of bars) if (!bar.critical) for (const part of bar.parts) part.critical = false;
  return { verb, stack, length: endedAt - startedAt, bars, criticalPath: path.map(({ name }) => name) };
}

function layerBars({ records, operations, startedAt, dependencies }: TimelineInput): Bar[] {
  return records.map((record) => {
    const { layer, endedAt, seconds } = record;
    const start = endedAt - seconds * 1000 - startedAt;
    const end = endedAt - startedAt;
    const own = operations.filter(({ what, urn }) => what !== 'push' && parseUrn(urn).project === layer);
    return {
      name: layer,
      start,
      end,
      critical: false,
      note: noteOf(record),
      parts: partsOf(own, startedAt, dependencies),
    };
  });
}

function partsOf(
  operations: readonly Ended[],
  startedAt: number,
  dependencies: TimelineInput['dependencies'],
): Bar[] {
  const bars = new Map<string, Bar>();
  for (const { urn, what, startedAt: start, endedAt } of operations) {
    const note = what;
    bars.set(urn, {
      name: parseUrn(urn).name,
      start: start - startedAt,
      end: endedAt - startedAt,
      critical: false,
      note,
      parts: [],
    });
  }
  const urnOf = new Map([...bars].map(([urn, bar]) => [bar, urn]));
  const before = (bar: Bar) => {
    const all = dependencies ? allBelow(urnOf.get(bar) ?? '', dependencies) : [...bars.keys()];
    return all.flatMap((urn) => bars.get(urn) ?? []).filter(({ end }) => end <= bar.start);
  };
  for (const bar of pathTo(lastOf([...bars.values()]), before)) bar.critical = true;
  const longest = [...bars.values()].sort((a, b) => b.end - b.start - (a.end - a.start));
  return longest
    .filter(({ critical }, index) => critical || index < LONGEST)
    .filter(({ start, end }) => end - start >= 100)
    .sort((a, b) => a.start - b.start);
}

/** One bar a repository, from its first image to its last. */
function pushBars({ operations, startedAt }: TimelineInput): Bar[] {
  const pushes = new Map<string, Ended[]>();
  for (const operation of operations.filter(({ what }) => what === 'push')) {
    pushes.set(operation.urn, [...(pushes.get(operation.urn) ?? []), operation]);
  }
  return [...pushes].map(([urn, all]) => ({
    name: pushName(parseUrn(urn).name),
    start: Math.min(...all.map((each) => each.startedAt)) - startedAt,
    end: Math.max(...all.map((each) => each.endedAt)) - startedAt,
    critical: false,
    note: `${all.length} manifest${all.length === 1 ? '' : 's'}`,
    parts: [],
  }));
}

/** The push of a repository, by the repository's logical name `envoy_poc_<kind>_ecr_repository`. */
function pushName(repository: string): string {
  const app = appNames.find((name) => repository.includes(`_${apps[name].repository}_ecr_`)) ?? repository;
  return `${app}:push`;
}

function lastOf(bars: readonly Bar[]): Bar | undefined {
  return [...bars].sort((a, b) => b.end - a.end)[0];
}

/** The chain that ends in a bar, each after the one it had to wait for longest. */
function pathTo(last: Bar | undefined, before: (bar: Bar) => Bar[]): Bar[] {
  const path: Bar[] = [];
  for (let bar = last; bar !== undefined; bar = lastOf(before(bar).filter((next) => !path.includes(next)))) {
    path.unshift(bar);
  }
  return path;
}

function allBelow(urn: string, dependencies: NonNullable<TimelineInput['dependencies']>): string[] {
  const found = new Set<string>();
  const visit = (at: string) => {
    for (const next of dependencies.get(at) ?? []) {
      if (found.has(next)) continue;
      found.add(next);
      visit(next);
    }
  };
  visit(urn);
  return [...found];
}

function noteOf({ ok, message, changes = {} }: RunRecord): string {
  if (message !== undefined) return ok ? message : `failed: ${message}`;
  return Object.entries(changes)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ');
}

/** The layers as tasks and what each waits for: `reads` says which layers a layer reads. */
export function needsOf(verb: string, reads: ReadonlyMap<Layer, readonly Layer[]>): Map<string, string[]> {
  const needs = new Map<string, string[]>([...reads].map(([layer, read]) => [layer, [...read]]));
  if (verb === 'destroy') {
    return new Map(
      [...reads.keys()].map((layer) => [
        layer,
        [...reads].flatMap(([other, read]) => (read.includes(layer) ? [other] : [])),
      ]),
    );
  }
  const pushes = appNames.map((app) => `${app}:push`);
  for (const push of pushes) needs.set(push, ['registry']);
  return needs.set('workloads', [...(needs.get('workloads') ?? []), ...pushes]);
}
