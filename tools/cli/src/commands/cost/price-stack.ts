import type { PriceSource } from '@envoy-poc/aws-facts';
import { type Layer, layers } from '@envoy-poc/layers';
import pMap from 'p-map';
import { CheckError, type StackSettings } from '#runtime';
import type { Circumstances } from './charges.ts';
import { type Estimate, estimate, sourceOfChange } from './estimate.ts';
import type { Previewer, StackConfiguration } from './previewer.ts';
import type { PlannedResource, Preview } from './resources.ts';
import { findSavings, type NoSaving, type Saving } from './savings.ts';

/** How many previews run at once: each is a few processes, and one waits for little but the processor. */
const AT_ONCE = 3;

/** What a stack is previewed with. */
export interface PreviewOptions {
  readonly stack: string;
  readonly previewer: Previewer;
  readonly signal: AbortSignal;
  /** Told what is being waited for. */
  readonly onRunning?: (titles: readonly string[]) => void;
}

/** What a stack is priced with. */
export interface PriceOptions extends PreviewOptions, Omit<Circumstances, 'resources'> {
  readonly settings: ReadonlyMap<Layer, StackSettings>;
}

/** A saving, priced like the stack itself. */
interface PricedSaving extends Saving {
  /** The command that does it, to be typed in the workspace's folder. */
  readonly command: string;
  /** What the stack would cost then, $ a month. */
  readonly monthly: number;
  readonly saves: number;
  /** How sure the prices are that make the difference. */
  readonly source: PriceSource;
}

/** What a stack costs, and what it could cost. */
export interface PricedStack {
  readonly resources: readonly PlannedResource[];
  readonly estimate: Estimate;
  /** The one that saves most first. */
  readonly savings: readonly PricedSaving[];
  /** $ a month with all of them; undefined when there are fewer than two. */
  readonly together: number | undefined;
  readonly impossible: readonly NoSaving[];
}

/** What the layers of a stack will cost, and could. @throws {CheckError} as {@link planStack} */
export async function priceStack(options: PriceOptions): Promise<PricedStack> {
  const { stack, region, today, settings } = options;
  const priced = (resources: readonly PlannedResource[]) => estimate({ ...options, resources });

  const resources = await planStack(options);
  const now = priced(resources);
  /** The stack with some layers as they would be. */
  const estimateWith = (changed: readonly Previewed[]) => {
    const others = resources.filter((resource) => !changed.some(({ layer }) => layer === resource.layer));
    return priced([...others, ...changed.flatMap(({ result }) => (result.ok ? result.resources : []))]);
  };

  const { savings, impossible } = findSavings(settings, region, today);
  const alone = await previewSavings(savings, options);
  const refused = alone.flatMap(({ title, result }) =>
    result.ok ? [] : [{ title, because: result.errors.join('; ') }],
  );
  const worth = alone
    .filter(({ result }) => result.ok)
    .map((preview) => ({ preview, after: estimateWith([preview]) }))
    .filter(({ after }) => now.monthly - after.monthly >= 0.005)
    .sort((a, b) => a.after.monthly - b.after.monthly);
  return {
    resources,
    estimate: now,
    savings: worth.map(({ preview: { result: _, instead: __, ...saving }, after }) => ({
      ...saving,
      command: settingsCommand(saving, stack),
      monthly: after.monthly,
      saves: now.monthly - after.monthly,
      source: sourceOfChange(now, after),
    })),
    together: worth.length > 1 ? await togetherOf(worth.map(({ preview }) => preview)) : undefined,
    impossible: [...refused, ...impossible],
  };

  async function togetherOf(chosen: readonly (Saving & Previewed)[]): Promise<number | undefined> {
    const byLayer = layers.map((layer) => chosen.filter((saving) => saving.layer === layer));
    const several = byLayer.filter(({ length }) => length > 1);
    const merged = several.map(([first, ...more]) => ({
      layer: (first as Saving).layer,
      settings: Object.assign(
        {},
        first?.settings,
        ...more.map(({ settings }) => settings),
      ) as StackConfiguration,
    }));
    const changed = [
      ...byLayer.filter(({ length }) => length === 1).flat(),
      ...(await previewAll(merged, options)),
    ];
    return changed.every(({ result }) => result.ok) ? estimateWith(changed).monthly : undefined;
  }
}

/**
 * The resources that layers of a stack will have.
 *
 * @throws {CheckError} with the layers' own sentences when one cannot be previewed
 */
export async function planStack(
  options: PreviewOptions,
  of: readonly Layer[] = layers,
): Promise<PlannedResource[]> {
  const previews = await previewAll(
    of.map((layer) => ({ layer, settings: {} })),
    options,
  );
  const faults = previews.flatMap(({ layer, result }) =>
    result.ok ? [] : result.errors.map((error) => `${layer}: ${error}`),
  );
  if (faults.length > 0)
    throw new CheckError(faults.join('\n'), `npx envoy-poc doctor --offline --stack ${options.stack}`);
  return previews.flatMap(({ result }) => (result.ok ? result.resources : []));
}

/** Previews savings; in the place of one that its layer does not take, what is to be proposed instead. */
async function previewSavings(
  savings: readonly Saving[],
  options: PreviewOptions,
): Promise<(Saving & Previewed)[]> {
  const all = await previewAll(savings, options);
  const others = all.flatMap(({ result, instead }) => (result.ok || !instead ? [] : [instead]));
  return [
    ...all.filter(({ result, instead }) => result.ok || !instead),
    ...(await previewAll(others, options)),
  ];
}

interface Change {
  readonly layer: Layer;
  readonly settings: StackConfiguration;
}
interface Previewed {
  readonly layer: Layer;
  readonly result: Preview;
}

/** Previews changes, a few at a time. */
function previewAll<C extends Change>(
  changes: readonly C[],
  { previewer, signal, onRunning }: PreviewOptions,
): Promise<(C & Previewed)[]> {
  const running = new Set<C>();
  const tell = () => onRunning?.([...running].map(titleOf));
  const preview = async (change: C) => {
    running.add(change);
    tell();
    const result = await previewer.preview(change.layer, change.settings);
    running.delete(change);
    tell();
    return { ...change, result };
  };
  return pMap(changes, preview, { concurrency: AT_ONCE, signal });
}

function titleOf({ layer, settings }: Change): string {
  const changes = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
  return changes.length > 0 ? `${layer} with ${changes.join(', ')}` : layer;
}

/** The command that changes settings of a stack, which it makes when it is not there yet; deploys nothing. */
function settingsCommand({ layer, settings }: Change, stack: string): string {
  const pairs = Object.entries(settings).map(([key, value]) => `--plaintext ${layer}:${key}=${value}`);
  return (
    `(cd projects/${layer} && pulumi stack select ${stack} --create && ` +
    `pulumi config set-all --stack ${stack} ${pairs.join(' ')})`
  );
}
