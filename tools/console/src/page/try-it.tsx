import { useState } from 'preact/hooks';
import type { Action, ChangeableLimits, ProcessAction } from '../actions.ts';
import type { Setup } from '../events.ts';
import type { View } from '../view.ts';
import type { Actions } from './act.ts';
import { brokenStep } from './tour.tsx';
import { figure } from './words.ts';

const storms = [10, 60, 500, 2000];

const sliders: { of: keyof ChangeableLimits; words: string; least: number; most: number; step: number }[] = [
  { of: 'connectionsPerPod', words: 'Connections on a pod', least: 1, most: 10, step: 1 },
  { of: 'newConnectionsPerSecond', words: 'New connections a second', least: 0.5, most: 20, step: 0.5 },
  { of: 'serverReplicas', words: 'Server pods', least: 1, most: 8, step: 1 },
  { of: 'edgeReplicas', words: 'Edges', least: 1, most: 8, step: 1 },
];

function limitsOf(setup: Setup): ChangeableLimits {
  const { connectionsPerPod, newConnectionsPerSecond, pods, edges } = setup;
  const replicas = { serverReplicas: pods.length, edgeReplicas: edges.length };
  return { connectionsPerPod, newConnectionsPerSecond, ...replicas };
}

interface TryItProps {
  view: View;
  actions: Actions;
  startTour: () => void;
}

/** What a reader can do to the run: a storm, one more client, other limits. */
export function TryIt({ view, actions, startTour }: TryItProps) {
  const { run, doing } = actions;
  const broken = brokenStep(view.setup);
  const start = (action: Action) => () => void (doing || run(action));
  return (
    <section class="try" aria-labelledby="try">
      <div class="bar">
        <h2 id="try">Try it</h2>
        <button type="button" class="pill" onClick={startTour}>
          Take the tour
        </button>
      </div>
      <div class="panel">
        <fieldset class="choice">
          <legend>Attempts at once</legend>
          {storms.map((attempts) => (
            <button
              key={attempts}
              type="button"
              aria-disabled={doing !== undefined}
              onClick={start({ action: 'storm', attempts })}
            >
              <span class="hidden">Storm of </span>
              {figure(attempts)}
            </button>
          ))}
          <button type="button" aria-disabled={doing !== undefined} onClick={start({ action: 'add-client' })}>
            Add a client
          </button>
        </fieldset>
        <p class="hint">
          {broken === undefined
            ? 'Click a pod, an edge or the bucket to kill, pause or drain it.'
            : `Step ${broken + 1} of the tour is broken. Until it is mended there, only storms are accepted.`}
        </p>
        <Limits setup={view.setup} actions={actions} />
        <Outcome
          actions={actions}
          setup={view.setup}
          of={(action) => action.action !== 'tour' && !('process' in action)}
        />
      </div>
    </section>
  );
}

/** The sliders. Nothing happens until they are applied, so that a run is restarted once. */
function Limits({ setup, actions: { run, doing } }: { setup: Setup; actions: Actions }) {
  const now = limitsOf(setup);
  const [wished, wish] = useState<Partial<ChangeableLimits>>({});
  const changed = sliders.filter(({ of }) => (wished[of] ?? now[of]) !== now[of]);
  const limits = Object.fromEntries(changed.map(({ of }) => [of, wished[of]]));
  const apply = async (event: Event) => {
    event.preventDefault();
    if (doing || changed.length === 0) return;
    const result = await run({ action: 'set', limits });
    if ('done' in result) wish({});
  };
  return (
    <form class="limits" onSubmit={apply}>
      {sliders.map(({ of, words, least, most, step }) => (
        <div key={of}>
          <label for={of}>{words}</label>
          <output for={of} class={changed.some((one) => one.of === of) ? 'changed' : ''}>
            {figure(wished[of] ?? now[of])}
          </output>
          <input
            id={of}
            type="range"
            min={Math.min(least, now[of])}
            max={Math.max(most, now[of])}
            step={step}
            value={wished[of] ?? now[of]}
            onInput={({ currentTarget }) => wish({ ...wished, [of]: currentTarget.valueAsNumber })}
          />
        </div>
      ))}
      <p>
        <button type="submit" class="pill" aria-disabled={doing !== undefined || changed.length === 0}>
          Apply
        </button>
        <button type="button" class="pill" aria-disabled={changed.length === 0} onClick={() => wish({})}>
          Undo
        </button>
      </p>
    </form>
  );
}

/** What is being done, and how it ended, of the actions that somebody cares about. */
function Outcome({
  actions,
  setup,
  of,
}: {
  actions: Actions;
  setup: Setup;
  of: (action: Action) => boolean;
}) {
  const { doing, ended } = actions;
  const words = () => {
    if (doing && of(doing)) return `${doingWords(doing, setup)} …`;
    if (!ended || !of(ended.action)) return '';
    return 'done' in ended.result ? ended.result.done : `Not done: ${ended.result.refused}`;
  };
  return (
    <p class={`outcome${ended && 'refused' in ended.result && !doing ? ' refused' : ''}`} role="status">
      {words()}
    </p>
  );
}

/** What starts again with some limits, such as `pickers, edges`. */
function againWith(limits: readonly (keyof ChangeableLimits)[], { restarts }: Setup): string {
  return [...new Set(limits.flatMap((limit) => restarts?.[limit] ?? []))].join(', ');
}

function doingWords(action: Action, setup: Setup): string {
  switch (action.action) {
    case 'storm':
      return `${figure(action.attempts)} attempts at once`;
    case 'add-client':
      return 'Adding a client';
    case 'set': {
      const limits = Object.keys(action.limits) as (keyof ChangeableLimits)[];
      return `Restarting ${againWith(limits, setup)}`;
    }
    case 'tour':
      return 'Changing the run';
    default:
      return `${action.process}: ${action.action}`;
  }
}

const processWords: Record<ProcessAction['action'], string> = {
  kill: 'Kill',
  start: 'Start again',
  pause: 'Pause',
  resume: 'Resume',
  drain: 'Drain',
};

/** What can be done to a process as it is now. */
function fittingActions(
  view: View,
  name: string,
  last: ProcessAction['action'] | undefined,
): ProcessAction['action'][] {
  const { state, setup } = view;
  const silent = Object.values(state?.silent ?? {}).some((kind) => kind.some((one) => one.name === name));
  const edge = setup.edges.findIndex((one) => one.name === name);
  if (last === 'kill') return ['start'];
  if (last === 'pause') return ['resume', 'kill'];
  // Killed by the tour, or longer ago than marks are kept: the server knows which.
  if (silent) return ['start', 'resume'];
  if (last === 'drain' || (edge >= 0 && state?.said.edges[edge] === 'DRAINING')) return ['start', 'kill'];
  return edge >= 0 ? ['pause', 'drain', 'kill'] : ['pause', 'kill'];
}

/** Buttons for a pod, an edge or a picker. */
export function Controls({ view, actions, name }: { view: View; actions: Actions; name: string }) {
  const { run, doing, lastTo } = actions;
  return (
    <div class="controls">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would need a legend that is read already. */}
      <div class="choice" role="group" aria-label={`Do to ${name}`}>
        <b>{name}</b>
        {fittingActions(view, name, lastTo(name)).map((action) => (
          <button
            key={action}
            type="button"
            aria-disabled={doing !== undefined}
            onClick={() => void (doing || run({ action, process: name }))}
          >
            {processWords[action]}
          </button>
        ))}
      </div>
      <Outcome
        actions={actions}
        setup={view.setup}
        of={(action) => 'process' in action && action.process === name}
      />
    </div>
  );
}
