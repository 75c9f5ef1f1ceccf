import { render } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Recording } from '../recording/recording.ts';
import type { View } from '../view.ts';
import { useActions } from './act.ts';
import { type Window, windows } from './chart-data.ts';
import { Charts } from './charts.tsx';
import { Evidence } from './evidence.tsx';
import { type Following, useFollowing } from './follow.ts';
import { Head } from './head.tsx';
import { Picture } from './picture.tsx';
import { Player } from './player.tsx';
import { useReplay } from './replay.ts';
import type { Selection } from './select.tsx';
import { Talk } from './talk.tsx';
import { TourCard, useTour } from './tour.tsx';
import { TryIt } from './try-it.tsx';
import { Verdicts } from './verdicts.tsx';

/** `useShown`: a run that goes on, or one that was recorded. */
function App({ useShown }: { useShown: () => Following | undefined }) {
  const following = useShown();
  const [window, setWindow] = useState<Window>(windows[0]);
  const [paused, setPaused] = useState<View>();
  const [selected, select] = useState<Selection>();
  const dark = useMedia('(prefers-color-scheme: dark)');
  const view = paused ?? following?.view;
  const actions = useActions(following?.view.marks);
  const tour = useTour(following?.view, actions);
  const startTour = () => {
    setPaused(undefined);
    tour?.start();
  };
  const pointed = tour?.isBroken ? tour.step?.point : undefined;
  // Drawn anew only when what they show has changed, which is not with every event.
  const verdicts = useMemo(
    () => view && <Verdicts view={view} select={select} />,
    [view?.state, view?.breaches, view?.setup],
  );
  const charts = useMemo(
    () => view && <Charts view={view} window={window} dark={dark} />,
    [view?.state, view?.marks, view?.setup, window, dark],
  );
  const talk = useMemo(
    () => view && <Talk view={view} select={select} />,
    [view?.entries, view?.marks, view?.setup],
  );
  if (!following || !view) return <p class="waiting">Waiting for the run to answer …</p>;
  const { live, newsFrom, clock, logOf, replay } = following;
  return (
    <>
      <nav class="top">
        <b>envoy-poc {view.setup.place && <small>{view.setup.place}</small>}</b>
        <span class={live ? 'live' : 'gone'} role="status">
          {replay ? 'recorded' : !live ? 'no answer: this is what was last seen' : paused ? 'paused' : 'live'}
        </span>
        <button
          type="button"
          hidden={replay !== undefined}
          aria-pressed={paused !== undefined}
          onClick={() => setPaused(paused ? undefined : following.view)}
        >
          {paused ? 'Go on' : 'Pause'}
        </button>
        {tour && (
          <button type="button" onClick={startTour}>
            Tour
          </button>
        )}
      </nav>
      <main>
        <Head view={view} select={select} pointed={pointed?.light} />
        <section aria-label="Connections" data-pointed={pointed?.part}>
          <Picture view={view} newsFrom={newsFrom} clock={clock} select={select} />
        </section>
        {actions && <TryIt view={view} actions={actions} startTour={startTour} />}
        {verdicts}
        <section aria-labelledby="time">
          <div class="bar">
            <h2 id="time">Over time</h2>
            <fieldset class="choice">
              <legend class="hidden">Window</legend>
              {windows.map((one) => (
                <button
                  key={one.words}
                  type="button"
                  aria-pressed={one === window}
                  onClick={() => setWindow(one)}
                >
                  {one.words}
                </button>
              ))}
            </fieldset>
          </div>
          {charts}
        </section>
        {talk}
      </main>
      {tour?.place && <TourCard tour={tour} />}
      {replay && <Player replay={replay} />}
      {selected && (
        <Evidence
          key={`${selected.kind} ${selected.name}`}
          view={view}
          of={selected}
          recorded={replay !== undefined}
          logOf={logOf}
          select={select}
          actions={actions}
          close={() => select(undefined)}
        />
      )}
    </>
  );
}

function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const look = () => setMatches(media.matches);
    media.addEventListener('change', look);
    return () => media.removeEventListener('change', look);
  }, [query]);
  return matches;
}

const place = document.getElementById('app');
const text = document.getElementById('recording')?.textContent;
if (place && text) {
  Recording.read(text).then(
    (recording) => render(<App useShown={() => useReplay(recording)} />, place),
    (error) => render(<p class="waiting">This recording is damaged: {String(error)}</p>, place),
  );
} else if (place) {
  render(<App useShown={useFollowing} />, place);
}
