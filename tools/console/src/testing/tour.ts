import type { Action, ActionResult, TourStep } from '../actions.ts';
import type { RunEvent, RunState, Setup } from '../events.ts';
import { after, broken, opened, stateOf } from './run.ts';

/** What a run tells when a step of the tour is broken or mended, `seconds` after its start, and what is answered. */
function told(setup: Setup, { step, phase }: { step: TourStep; phase: 'break' | 'mend' }, seconds: number) {
  const limit = setup.connectionsPerPod;
  const full = setup.pods.map(() => limit);
  const state = stateOf(setup, seconds + 1, full);
  const as = (done: string, next: RunState, before: RunEvent[] = []) => {
    const mark: RunEvent = { event: 'mark', at: after(seconds), what: done };
    const now: RunEvent = {
      ...{ event: 'setup', at: after(seconds) },
      setup: { ...setup, ...(phase === 'break' && { tour: step }) },
    };
    return { done, events: [now, ...before, mark, { event: 'state' as const, ...next }] };
  };
  if (phase === 'mend') {
    return as(step === 'forged-address' ? '1 of 20 upgrades admitted' : 'the run is set up as before', state);
  }
  switch (step) {
    case 'edge-only': {
      const over = full.map((_, i) => limit + 1 + ((i * 2) % 3));
      const more = over.flatMap((open, pod) =>
        Array.from({ length: open - limit }, (_, i) =>
          opened(seconds + 0.5, ((pod + 3 * i) % 10) + 1, ((pod + i) % 3) + 1, pod + 1, 1000 + 10 * pod + i),
        ),
      );
      const next = broken(stateOf(setup, seconds + 1, over), 'limit', `most ever: ${over.join(' ')}`);
      const outcome = '15 admitted, 65 refused: 65 full; 5 on one pod, whose limit is 2';
      return as(`80 upgrades at once for 8 slots: ${outcome}`, next, more);
    }
    case 'small-bucket': {
      const outcome =
        'one token for all edges, 0 passed the rate and 60 did not; one for each, 24 passed the rate and 36 did not';
      const next = broken(state, 'rate', '24 in 8 s at 1 a second');
      return as(`60 upgrades in 6 s at a rate of 1 a second: ${outcome}`, next);
    }
    case 'forged-address':
      return as('20 of 20 upgrades admitted', state);
    case 'killed-pod':
      state.silent = { ...state.silent, pods: [{ name: 'pod-2', seconds: 3 }] };
      return as('10 s after pod-2 was killed the others hold 6 connections', state);
    case 'no-picker':
      state.silent = { ...state.silent, pickers: setup.pickers.map(({ name }) => ({ name, seconds: 3 })) };
      return as('without a picker 9 passed the rate and 91 did not', state);
  }
}

/** A run that does nothing but the tour; its time goes on by five seconds with each action. */
export function tourOf(setup: Setup, startSeconds: number, send: (event: RunEvent) => void) {
  let seconds = startSeconds;
  return async (action: Action): Promise<ActionResult> => {
    if (action.action !== 'tour') return { refused: `no ${action.action} here` };
    seconds += 5;
    const { done, events } = told(setup, action, seconds);
    for (const event of events) send(event);
    return { done };
  };
}
