import { type PriceSource, priceSources } from '@envoy-poc/aws-facts';
import type { Layer } from '@envoy-poc/layers';
import { type Charge, type Circumstances, chargesByType, isFree, noPrice } from './charges.ts';

/** A line of an estimate: all that is charged for under one name at one price. */
interface Line extends Omit<Charge, 'shared'> {
  /** $ a month; undefined when there is no price. */
  readonly monthly: number | undefined;
  /** The layers whose resources it is for. */
  readonly layers: readonly Layer[];
}

/** What resources cost in a month. */
export interface Estimate {
  /** The dearest first; those without a price last. */
  readonly lines: readonly Line[];
  /** $ a month, without what has no price. */
  readonly monthly: number;
  /** Whether something has no price, so that it will cost more. */
  readonly atLeast: boolean;
}

/** The least sure of some sources. */
export function weakest(sources: readonly (PriceSource | undefined)[]): PriceSource {
  return priceSources.findLast((source) => sources.includes(source)) ?? 'AWS';
}

/** How sure the difference between two estimates is: as sure as the least sure price that it rests on. */
export function sourceOfChange(before: Estimate, after: Estimate): PriceSource {
  const keyOf = ({ what, price, monthly }: Line) => `${what} ${price} ${monthly?.toFixed(4)}`;
  const changed = (lines: readonly Line[], others: readonly Line[]) => {
    const same = new Set(others.map(keyOf));
    return lines.filter((line) => !same.has(keyOf(line))).map(({ source }) => source);
  };
  return weakest([...changed(before.lines, after.lines), ...changed(after.lines, before.lines)]);
}

/** Prices all resources of a stack. */
export function estimate(circumstances: Circumstances): Estimate {
  const lines = new Map<string, Line>();
  for (const resource of circumstances.resources) {
    const charges =
      chargesByType[resource.type]?.(resource, circumstances) ??
      (isFree(resource.type) ? [] : [noPrice(resource.type)]);
    for (const charge of charges) {
      const key = `${charge.what} ${charge.price}`;
      lines.set(key, added(lines.get(key), charge, resource.layer));
    }
  }
  const sorted = [...lines.values()].sort((a, b) => (b.monthly ?? -1) - (a.monthly ?? -1));
  return {
    lines: sorted,
    monthly: sorted.reduce((sum, { monthly = 0 }) => sum + monthly, 0),
    atLeast: sorted.some(({ monthly }) => monthly === undefined),
  };
}

function added(before: Line | undefined, { shared, ...charge }: Charge, layer: Layer): Line {
  const sum =
    shared || !before
      ? charge
      : { ...charge, count: before.count + charge.count, quantity: before.quantity + charge.quantity };
  return {
    ...sum,
    monthly: sum.price === undefined ? undefined : sum.quantity * sum.price,
    layers: [...new Set([...(before?.layers ?? []), layer])],
  };
}
