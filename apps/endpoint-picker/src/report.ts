import { maxRequestIdLength } from '@envoy-poc/edge/picker-contract';

/** One line of a pod's stream. */
export interface Report {
  /** Where the pod accepts connections. */
  port: number;
  /** Its slots. */
  limit: number;
  taken: number;
  /** It accepts nobody any more. */
  draining: boolean;
  /** The `x-request-id` of the upgrade that has just taken a slot. */
  opened?: string;
}

/** More slots than a pod can have. */
const MOST_SLOTS = 1_000_000;

/**
 * Reads a line; fields it does not know are ignored. Written by hand: zod takes several times as long, and 10,000 pods say
 * 10,000 lines a second.
 *
 * @returns what is wrong, as text, where it is no report
 */
export function parseReport(line: string): Report | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'not JSON';
  }
  if (typeof value !== 'object' || value === null) return 'not an object';
  const { port, limit, taken, draining, opened } = value as Record<string, unknown>;
  if (!isWhole(port, 1, 65_535)) return 'port: not a whole number from 1 to 65535';
  if (!isWhole(limit, 1, MOST_SLOTS)) return `limit: not a whole number from 1 to ${MOST_SLOTS}`;
  if (!isWhole(taken, 0, MOST_SLOTS)) return `taken: not a whole number from 0 to ${MOST_SLOTS}`;
  if (typeof draining !== 'boolean') return 'draining: not true or false';
  if (opened === undefined) return { port, limit, taken, draining };
  if (typeof opened !== 'string' || opened === '') return 'opened: not a request id';
  return { port, limit, taken, draining, opened: opened.slice(0, maxRequestIdLength) };
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}
