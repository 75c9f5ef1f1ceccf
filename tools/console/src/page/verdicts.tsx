import type { View } from '../view.ts';
import { lightOf, lightWords } from './head.tsx';
import type { Select } from './select.tsx';
import { clock } from './words.ts';

/** Every promise with what is expected and what was seen; a breach says when and where, and stays. */
export function Verdicts({ view, select }: { view: View; select: Select }) {
  return (
    <section aria-labelledby="promises">
      <h2 id="promises">Promises</h2>
      <ol class="verdicts">
        {(view.state?.verdicts ?? []).map((verdict) => {
          const light = lightOf(view, verdict);
          const breach = view.breaches.find(({ name }) => name === verdict.name);
          return (
            <li key={verdict.name} class={light}>
              <button type="button" onClick={() => select({ kind: 'verdict', name: verdict.name })}>
                <i aria-hidden="true" />
                <b>{verdict.promise}</b>
                <span class="status">{lightWords[light]}</span>
              </button>
              <dl>
                <dt>expected</dt>
                <dd>{verdict.expected}</dd>
                <dt>observed</dt>
                <dd>
                  {verdict.observed}
                  {verdict.unseen && <em>; not seen: {verdict.unseen}</em>}
                </dd>
                {breach && (
                  <>
                    <dt>broke at</dt>
                    <dd class="breach">
                      {clock(breach.at)}
                      {breach.where && ` on ${breach.where}`}: {breach.observed}
                      {breach.mendedAt && `. It holds again since ${clock(breach.mendedAt)}`}
                    </dd>
                  </>
                )}
              </dl>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
