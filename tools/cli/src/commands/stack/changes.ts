/** How many resources had what done to them, such as `{created: 5, unchanged: 2}`. */
export type Changes = Record<string, number>;

/**
 * Reads Pulumi's closing table of resources. Of several, the last counts: the update's, not its preview's.
 *
 * @returns undefined when there is no table; empty when the stack has no resources
 */
export function parseChanges(output: string): Changes | undefined {
  const tables = output.split(/^Resources:$/m);
  const changes: Changes = {};
  if (tables.length < 2) return undefined;
  for (const line of tables.at(-1)?.split('\n').slice(1) ?? []) {
    // `    + 5 created`, `    +-1 replaced`, `    12 unchanged`, `    6 changes. 12 unchanged`
    const [, count, what] = /^ {4}(?:\d+ changes?\. |[^\s\d]+ ?)?(\d+) (.+)$/.exec(line) ?? [];
    if (!count || !what) break;
    changes[what.trim()] = Number(count);
  }
  return changes;
}
