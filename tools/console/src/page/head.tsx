import type { RunState, Verdict } from '../events.ts';
import type { View } from '../view.ts';
import type { Select } from './select.tsx';
import { figure, many } from './words.ts';

interface HeadProps {
  view: View;
  select: Select;
  /** The light that is pointed out. */
  pointed?: Verdict['name'] | undefined;
}

/** How it stands, in one sentence, and a light for each promise. */
export function Head({ view, select, pointed }: HeadProps) {
  const { setup, state } = view;
  const each = many(setup.connectionsPerPod, 'connection');
  const wanted = state?.slots.wanted ?? 0;
  const unseen = unseenSlots(state);
  const beyond = wanted - (state?.slots.capacity ?? wanted);
  return (
    <header>
      <h1>
        {state
          ? `${figure(state.slots.open - unseen)} of ${figure(state.slots.capacity)} slots open${unseen > 0 ? `, ${figure(unseen)} not seen` : ''}.`
          : 'Waiting for the first look.'}{' '}
        <span class={`sum ${sumOf(view)}`}>{sums[sumOf(view)]}</span>
      </h1>
      <p class="lede">
        At most {each} on a pod, {figure(setup.newConnectionsPerSecond)} new a second.
        {beyond > 0 && ` Clients want ${figure(wanted)}, so refusing ${figure(beyond)} of them is right.`}
      </p>
      <ul class="lights" aria-label="Promises">
        {(state?.verdicts ?? []).map((verdict) => (
          <li key={verdict.name}>
            <button
              type="button"
              class={`${lightOf(view, verdict)}${verdict.name === pointed ? ' pointed' : ''}`}
              onClick={() => select({ kind: 'verdict', name: verdict.name })}
            >
              <i aria-hidden="true" />
              {verdict.name} <span class="hidden">{lightWords[lightOf(view, verdict)]}</span>
            </button>
          </li>
        ))}
      </ul>
    </header>
  );
}

/** Slots that were open when their pod was last seen, which does not answer now. */
function unseenSlots(state: RunState | undefined): number {
  const silent = new Set(state?.silent.pods.map(({ name }) => name));
  return (state?.pods ?? []).reduce((sum, { name, open }) => sum + (silent.has(name) ? open : 0), 0);
}

const sums = {
  broken: 'A limit broke.',
  mended: 'All holds again.',
  since: 'Nothing broke since.',
  pending: 'Nothing broke so far.',
  holds: 'Every promise holds.',
} as const;

function sumOf(view: View): keyof typeof sums {
  const verdicts = view.state?.verdicts ?? [];
  if (verdicts.some((verdict) => lightOf(view, verdict) === 'broken')) return 'broken';
  const all = verdicts.length > 0 && verdicts.every(({ status }) => status === 'holds');
  if (view.breaches.length > 0) return all ? 'mended' : 'since';
  return all ? 'holds' : 'pending';
}

/** `mended`: it was broken, and holds again. */
export type Light = Verdict['status'] | 'mended';

export const lightWords: Record<Light, string> = {
  holds: 'holds',
  broken: 'broken',
  mended: 'broke, holds again',
  pending: 'not seen yet',
};

/** A promise that was broken is never as if nothing had been. */
export function lightOf(view: View, { name, status }: Verdict): Light {
  const breach = view.breaches.find((one) => one.name === name);
  return !breach ? status : breach.mendedAt ? 'mended' : 'broken';
}
