import { styleText } from 'node:util';
import type { RunEvent, RunState, Verdict } from './events.ts';

type Style = Parameters<typeof styleText>[0];

/** Colours only on a terminal, and not where `NO_COLOR` is set. */
function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/** One line a person can follow, or undefined for events that are not shown. */
export function eventLine(event: RunEvent): string | undefined {
  const clock = paint('dim', event.at.slice(11, 23));
  switch (event.event) {
    case 'open': {
      const tried = event.attempts > 1 ? `, ${event.attempts} tries` : '';
      return `${clock} ${paint('green', 'open   ')}  ${event.client} → ${event.edge} → ${event.pod}${tried}`;
    }
    case 'close':
      return `${clock} close    ${event.client} → ${event.edge} → ${event.pod}, after ${event.seconds.toFixed(1)} s`;
    case 'refused':
      return `${clock} ${paint('yellow', 'refused')}  ${event.client} → ${event.edge}: ${event.status} ${refusal(event)}, ${event.milliseconds} ms`;
    case 'failed':
      return `${clock} ${paint('red', 'failed ')}  ${event.client}: ${event.detail}`;
    case 'reply':
      return `${clock} reply    ${event.client} ← ${event.podIp} ${event.timestamp}, ${event.roundTripMs.toFixed(1)} ms`;
    case 'mark':
      return `${clock} ${paint('bold', 'done   ')}  ${event.what}`;
    case 'setup':
      return undefined;
    case 'state':
      return `${clock} ${paint('bold', 'slots  ')}  ${slots(event)}`;
  }
}

function refusal(event: Extract<RunEvent, { event: 'refused' }>): string {
  switch (event.reason) {
    case 'rate':
      return 'over the rate';
    case 'full':
      return `full, ${event.attempts} ${event.attempts === 1 ? 'try' : 'tries'}`;
    case 'draining':
      return 'draining: the edge was told to leave';
    case 'client':
      return 'by the client’s own doing';
    case 'other':
      return 'for another reason';
  }
}

function slots(state: RunState): string {
  const silent = new Map(
    [...state.silent.pods, ...state.silent.edges, ...state.silent.pickers].map(({ name, seconds }) => [
      name,
      seconds,
    ]),
  );
  const pods = state.pods.map((pod) => `${silent.has(pod.name) ? '?' : pod.open}/${pod.limit}`).join(' ');
  const { rate, full, other, unanswered } = state.refusals;
  const byShare = state.picker?.byShare.total ?? 0;
  const others =
    (byShare > 0 ? `, ${byShare} admitted without the picker` : '') +
    (other > 0 ? `, ${other} other` : '') +
    (unanswered > 0 ? `, ${unanswered} without any answer` : '') +
    [...silent].map(([name, seconds]) => `, ${name} silent for ${seconds.toFixed(0)} s`).join('');
  return (
    `${state.slots.open} of ${state.slots.capacity} open (${pods})` +
    `, ${state.admissions.last10Seconds} admitted in the last 10 s, refused ${rate} by rate ${full} full${others}`
  );
}

const marks = { holds: ['green', '✓'], broken: ['red', '✗'], pending: ['yellow', '?'] } as const;

/** Three lines a verdict, and a fourth for what could not be seen. */
export function verdictLines(verdicts: readonly Verdict[]): string {
  return verdicts
    .map(({ status, promise, expected, observed, unseen }) => {
      const [colour, mark] = marks[status];
      const hint = unseen ? `\n    unseen    ${unseen}` : '';
      const wait = status === 'pending' && !unseen ? ' (not seen: run longer)' : '';
      return `${paint(colour, mark)} ${promise}${wait}\n    expected  ${expected}\n    observed  ${observed}${hint}`;
    })
    .join('\n');
}
