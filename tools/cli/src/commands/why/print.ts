import { stripVTControlCharacters } from 'node:util';
import type { Explanation } from './explain.ts';

const words: Record<NonNullable<Explanation['reason']>, string> = {
  rate: 'over the rate',
  full: 'full',
  draining: 'the edge was told to leave',
  timeout: 'no pod took it in time',
  unavailable: 'no pod answered',
  request: 'not a proper WebSocket upgrade',
  overload: 'the edge is short of memory',
  other: 'for another reason',
};

/** A paragraph a person can read. */
export function paragraph(one: Explanation): string {
  const lines: [string, string][] = [
    [
      'attempt',
      `${clock(one.at)} of ${one.client}${one.edge === undefined ? '' : ` at ${one.edge}`}${took(one)}`,
    ],
    ...picker(one),
    ...bucket(one),
    ...tried(one),
    ...(one.detail === undefined ? [] : [['detail', one.detail] as [string, string]]),
    ...earliest(one),
  ];
  const text = lines.map(([name, said]) => `  ${name.padEnd(9)} ${said}`).join('\n');
  return stripVTControlCharacters(`${one.requestId} ${headline(one)}\n${text}\n`);
}

function headline({ outcome, status, reason }: Explanation): string {
  if (outcome === 'open') return 'was admitted';
  if (outcome === 'unanswered') return 'has no answer in any log of an edge';
  return `was refused: ${status}, ${words[reason ?? 'other']}`;
}

function took({ outcome, milliseconds }: Explanation): string {
  // What an open connection took so far is how long it has been open.
  return outcome === 'refused' ? `, answered after ${milliseconds} ms` : '';
}

function picker({ picker: said, by, outcome }: Explanation): [string, string][] {
  if (!said) return [];
  const { name, answer, why, pods, freeSlots, slotsTaken, handedOut } = said;
  const slots =
    freeSlots === undefined
      ? ''
      : `; slots of the ${pods} pods that it heard: ${freeSlots} free, ${slotsTaken} taken, ${handedOut} handed out`;
  const answers = {
    picked: 'admitted it',
    rate: 'said: over the rate',
    full: 'said: full',
    unready: `could not decide: ${why}`,
  };
  // It may decide after the edge has given up.
  const late =
    by === 'edge' && outcome === 'refused' && answer !== 'unready' ? ', too late for the edge' : '';
  return [['picker', `${name} ${answers[answer]}${late}${slots}`]];
}

function bucket({ bucket: level }: Explanation): [string, string][] {
  if (!level) return [];
  const { of, least, most, intervalMs } = level;
  // What is short of a whole token must not be rounded up to one.
  const [low, high] = [least, most].map((tokens) => (Math.floor(tokens * 100) / 100).toFixed(2));
  const held = low === high ? low : `${low} to ${high}`;
  const whose = of === 'client' ? 'of this client ' : '';
  return [
    [
      'bucket',
      `${whose}held ${held} tokens of the 1 that is needed; one comes in ${Number(intervalMs.toFixed(1))} ms`,
    ],
  ];
}

function tried({ tried: pods, outcome }: Explanation): [string, string][] {
  if (pods.length === 0) return outcome === 'refused' ? [['tried', 'no pod']] : [];
  return pods.map(({ pod, at, said }, n) => [n === 0 ? 'tried' : '', `${pod}: ${said} (${clock(at)})`]);
}

function earliest({ earliest: when, outcome, reason, until }: Explanation): [string, string][] {
  if (outcome !== 'refused' || (reason !== 'rate' && reason !== 'full')) return [];
  if (!when) return [['earliest', `not by ${clock(until)}, where the logs end`]];
  return [['earliest', `${clock(when.at)}, when ${when.because}`]];
}

const clock = (iso: string) => iso.slice(11, 23);
