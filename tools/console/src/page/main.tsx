import { render } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { View } from '../view.ts';
import { type Window, windows } from './chart-data.ts';
import { Charts } from './charts.tsx';
import { Evidence } from './evidence.tsx';
import { useFollowing } from './follow.ts';
import { Head } from './head.tsx';
import { Picture } from './picture.tsx';
import type { Selection } from './select.tsx';
import { Talk } from './talk.tsx';
import { Verdicts } from './verdicts.tsx';

function App() {
  const following = useFollowing();
  const [window, setWindow] = useState<Window>(windows[0]);
  const [paused, setPaused] = useState<View>();
  const [selected, select] = useState<Selection>();
  const dark = useMedia('(prefers-color-scheme: dark)');
  const view = paused ?? following?.view;
  // Drawn anew only when what they show has changed, which is not with every event.
  const verdicts = useMemo(
    () => view && <Verdicts view={view} select={select} />,
    [view?.state, view?.breaches],
  );
  const charts = useMemo(
    () => view && <Charts view={view} window={window} dark={dark} />,
    [view?.state, window, dark],
  );
  const talk = useMemo(() => view && <Talk view={view} select={select} />, [view?.entries]);
  if (!following || !view) return <p class="waiting">Waiting for the run to answer …</p>;
  const { live, newsFrom, aheadMs } = following;
  return (
    <>
      <nav class="top">
        <b>envoy-poc</b>
        <span class={live ? 'live' : 'gone'} role="status">
          {!live ? 'no answer: this is what was last seen' : paused ? 'paused' : 'live'}
        </span>
        <button
          type="button"
          aria-pressed={paused !== undefined}
          onClick={() => setPaused(paused ? undefined : following.view)}
        >
          {paused ? 'Go on' : 'Pause'}
        </button>
      </nav>
      <main>
        <Head view={view} select={select} />
        <section aria-label="Connections">
          <Picture view={view} newsFrom={newsFrom} aheadMs={aheadMs} select={select} />
        </section>
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
      {selected && (
        <Evidence
          key={`${selected.kind} ${selected.name}`}
          view={view}
          of={selected}
          select={select}
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
if (place) render(<App />, place);
