import type { RefusalReason } from '../events.ts';
import type { Entry, Party } from '../view.ts';

// Made once: to make one takes longer than all else that the page does for an event.
const times = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const numbers = new Intl.NumberFormat('en-US');

/** `12:03:59` of an ISO 8601 time or of epoch milliseconds, in this machine's time zone. */
export function clock(at: string | number): string {
  return times.format(new Date(at));
}

/** `1 204`, in any size. */
export function figure(value: number): string {
  return numbers.format(value).replaceAll(',', '\u202f');
}

/** `1 slot`, `2 slots`. */
export function many(count: number, noun: string): string {
  return `${figure(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** All refusals of somebody. */
export function refusedOf({ refused }: Party): number {
  return Object.values(refused).reduce((sum, times) => sum + times, 0);
}

const reasons: Record<RefusalReason, string> = {
  rate: 'over the rate',
  full: 'every slot is taken',
  draining: 'the edge drains',
  client: 'no proper request',
  other: 'another reason',
};

/** What happened, in the words of one line. */
export function sentence(entry: Entry): string {
  switch (entry.event) {
    case 'open':
      return `${entry.client} → ${entry.edge} → ${entry.pod}${entry.attempts > 1 ? `, ${entry.attempts} tries` : ''}`;
    case 'close':
      return `${entry.client} → ${entry.edge} → ${entry.pod}, after ${entry.seconds.toFixed(1)} s`;
    case 'refused':
      return `${entry.client} → ${entry.edge}: ${entry.status}, ${reasons[entry.reason]}, ${entry.milliseconds} ms`;
    case 'failed':
      return `${entry.client}: ${entry.detail}`;
    case 'reply':
      return `${entry.client} ← ${entry.podIp}, ${entry.roundTripMs.toFixed(1)} ms`;
  }
}

/** How an entry is called and coloured: its event, or the reason of its refusal. */
export function kindOf(entry: Entry): string {
  return entry.event === 'refused' ? entry.reason : entry.event;
}
