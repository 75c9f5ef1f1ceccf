import { useEffect, useRef, useState } from 'preact/hooks';
import { type ActionResult, tourSteps } from '../actions.ts';
import type { Setup } from '../events.ts';
import type { View } from '../view.ts';
import { type Actions, post } from './act.ts';
import { type Step, steps } from './tour-steps.ts';

/** Where the reader is in the tour. */
interface Place {
  /** Number of the step, from 0. */
  n: number;
  /** Limits and members as they were before it was broken: what its words speak of. */
  setup: Setup;
  phase: 'whole' | 'breaking' | 'broken' | 'mending' | 'mended';
  /** The last mark before it was broken or mended, ISO 8601. */
  since: string;
  /** How the last try to break or mend ended. */
  ended: ActionResult | undefined;
}

const whole = (n: number, setup: Setup): Place => ({
  ...{ n, setup, phase: 'whole', since: '', ended: undefined },
});

/** Number of the step that is broken, whoever broke it, from 0; undefined: none is. */
export function brokenStep({ tour }: Setup): number | undefined {
  return tour && tourSteps.indexOf(tour);
}

/** A place as the run has it: somebody else may have broken its step, or mended it. */
function placeIn(setup: Setup, place: Place): Place {
  const isBroken = brokenStep(setup) === place.n;
  if (place.phase === 'whole' && isBroken) return { ...place, phase: 'broken' };
  if (place.phase === 'broken' && !isBroken) return { ...place, phase: 'mended' };
  return place;
}

/** The tour, as far as it has come; `place` is undefined while nobody takes it. */
export function useTour(view: View | undefined, actions: Actions | undefined) {
  const [kept, setPlace] = useState<Place>();
  const place = kept && view && placeIn(view.setup, kept);
  const step = place && steps[place.n];
  const isBroken = place !== undefined && place.phase !== 'whole' && place.phase !== 'mended';
  useEffect(() => {
    if (!isBroken || !step) return;
    const mend = () => {
      void post({ action: 'tour', step: step.step, phase: 'mend' });
      // The browser may bring this page back as it was.
      setPlace(undefined);
    };
    addEventListener('pagehide', mend);
    return () => removeEventListener('pagehide', mend);
  }, [isBroken, step]);

  if (!view || !actions) return undefined;
  const { doing } = actions;
  const isMended = doing?.action === 'tour' && doing.phase === 'mend';
  /** Number of a step that has to be mended first. */
  const first = isMended ? undefined : brokenStep(view.setup);
  const mendNow = () => {
    if (!step || !isBroken || place.phase === 'mending') return;
    void actions.run({ action: 'tour', step: step.step, phase: 'mend' });
  };
  const go = (n: number) => {
    mendNow();
    // While it is broken the run may be set up otherwise.
    setPlace(n < steps.length ? whole(n, isBroken ? place.setup : view.setup) : undefined);
  };
  /** Breaks or mends a step; by its end the reader may be elsewhere. */
  const perform = async (phase: 'break' | 'mend') => {
    if (!step || !place) return;
    const during = phase === 'break' ? 'breaking' : 'mending';
    setPlace({ ...place, phase: during, since: view.marks.at(-1)?.at ?? '', ended: undefined });
    const ended = await actions.run({ action: 'tour', step: step.step, phase });
    const done = phase === 'break' ? 'broken' : 'mended';
    setPlace((now) =>
      now?.n === place.n && now.phase === during
        ? { ...now, phase: 'done' in ended ? done : place.phase, ended }
        : now,
    );
  };
  return {
    ...{ step, place, view, isBroken, first, go },
    start: () => go(brokenStep(view.setup) ?? 0),
    leave: () => go(steps.length),
    press() {
      if (place?.phase === 'whole' && first !== undefined) go(first);
      else if (place?.phase === 'whole') void perform('break');
      if (place?.phase === 'broken') void perform('mend');
      if (place?.phase === 'mended') go(place.n + 1);
    },
  };
}

type Running = NonNullable<ReturnType<typeof useTour>>;

/** The words of a step, and one button for what comes next. It stays below the picture, which it is about. */
export function TourCard({ tour }: { tour: Running }) {
  const { step, place, view, first, go, leave, press } = tour;
  const title = useRef<HTMLHeadingElement>(null);
  const n = place?.n;
  // Where the lights and the picture are.
  useEffect(() => {
    scrollTo({ top: 0 });
    title.current?.focus({ preventScroll: true });
  }, [n]);
  // Where there is no room for all of the picture, what is broken is shown.
  const part = tour.isBroken && matchMedia('(max-width: 760px)').matches ? step?.point.part : undefined;
  useEffect(() => {
    if (part) [...document.querySelectorAll(`.${part}`)].at(-1)?.scrollIntoView({ block: 'end' });
  }, [part]);
  if (!step || !place) return null;
  const busy = place.phase === 'breaking' || place.phase === 'mending';
  const leaveByKey = ({ key }: KeyboardEvent) => void (key === 'Escape' && leave());
  return (
    <section class="tour" aria-labelledby="tour" onKeyDown={leaveByKey}>
      <div class="tour-card">
        <nav aria-label="Steps of the tour">
          <ol>
            {steps.map(({ title }, i) => (
              <li key={title}>
                <button
                  type="button"
                  aria-label={`Step ${i + 1}: ${title}`}
                  aria-current={i === place.n ? 'step' : undefined}
                  onClick={() => go(i)}
                >
                  {i + 1}
                </button>
              </li>
            ))}
          </ol>
        </nav>
        <button type="button" class="pill" onClick={leave}>
          Leave the tour
        </button>
        <h2 id="tour" tabIndex={-1} ref={title}>
          {step.title}
        </h2>
        <div class="tour-words">
          <p>{step.often(place.setup)}</p>
          <p>{step.here(place.setup)}</p>
        </div>
        <div class="tour-now">
          <p role="status">
            {nowWords(step, place, first)} <b>{seenWords(place, view)}</b>
          </p>
          <p class="choice">
            <button type="button" class="go" aria-disabled={busy} onClick={press}>
              {buttonWords(place, first)}
            </button>
          </p>
        </div>
      </div>
    </section>
  );
}

const buttons = {
  whole: 'Break it',
  breaking: 'Breaking …',
  broken: 'Mend it',
  mending: 'Mending …',
  mended: 'Next step',
} satisfies Record<Place['phase'], string>;

function buttonWords({ phase, n }: Place, first: number | undefined): string {
  if (phase === 'mended' && n === steps.length - 1) return 'Finish';
  return phase === 'whole' && first !== undefined ? `To step ${first + 1}` : buttons[phase];
}

function nowWords({ look }: Step, { phase, ended }: Place, first: number | undefined): string {
  switch (phase) {
    case 'whole':
      if (first !== undefined) return `Step ${first + 1} is broken.`;
      return ended ? '' : 'Everything is as it should be.';
    case 'breaking':
    case 'broken':
      return look;
    case 'mending':
      return 'What was changed is put back.';
    case 'mended':
      return 'Mended. The lights judge anew: what broke counts no more.';
  }
}

/** What was done, or the news of it while it lasts. */
function seenWords({ phase, since, ended }: Place, { marks }: View): string {
  if (ended) return 'done' in ended ? sentenceOf(ended.done) : `Not done: ${ended.refused}.`;
  if (phase === 'whole') return '';
  const news = marks.findLast(({ at }) => at > since);
  return news ? sentenceOf(news.what) : 'A few seconds …';
}

const sentenceOf = (words: string) => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
