import { isDeepStrictEqual } from 'node:util';
import type { Properties } from '../account/account.ts';

/** The properties in which two sets differ, at the top. */
export function changedKeys(before: Properties, after: Properties): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => changedAt(key, before, after));
}

/** Whether two values differ at a path such as `metadata.name`. The engine keeps no order of an object's keys. */
export function changedAt(path: string, before: unknown, after: unknown): boolean {
  const at = (value: unknown) =>
    path.split('.').reduce((part, key) => (part as Properties | undefined)?.[key] as unknown, value);
  return !isDeepStrictEqual(at(before), at(after));
}
