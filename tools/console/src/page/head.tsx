import type { Verdict } from '../events.ts';
import type { View } from '../view.ts';
import type { Select } from './select.tsx';
import { figure, many } from './words.ts';

/** How it stands, in one sentence, and a light for each promise. */
export function Head({ view, select }: { view: View; select: Select }) {
  const { setup, state } = view;
  const each = many(setup.connectionsPerPod, 'connection');
  const wanted = state?.slots.wanted ?? 0;
  const beyond = wanted - (state?.slots.capacity ?? wanted);
  return (
    <header>
      <h1>
        {state
          ? `${figure(state.slots.open)} of ${figure(state.slots.capacity)} slots open.`
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
              class={lightOf(view, verdict)}
              onClick={() => select({ kind: 'verdict', name: verdict.name })}
            >
              <i aria-hidden="true" />
              {verdict.name} <span class="hidden">{lightOf(view, verdict)}</span>
            </button>
          </li>
        ))}
      </ul>
    </header>
  );
}

const sums = {
  broken: 'A limit broke.',
  pending: 'Nothing broke so far.',
  holds: 'Every promise holds.',
} as const;

function sumOf(view: View): keyof typeof sums {
  if (view.breaches.length > 0) return 'broken';
  const verdicts = view.state?.verdicts ?? [];
  return verdicts.length > 0 && verdicts.every(({ status }) => status === 'holds') ? 'holds' : 'pending';
}

/** A promise that was broken once stays so. */
export function lightOf(view: View, { name, status }: Verdict): Verdict['status'] {
  return view.breaches.some((breach) => breach.name === name) ? 'broken' : status;
}
