/** What the engine says when it stops because of an error that it reports elsewhere. */
const consequences =
  /^(update failed|preview failed|.* has a problem: grpc: the client connection is closing)$/;

/**
 * What went wrong, of Pulumi's output: the first error of a resource, with its name and all its lines, and how many
 * more there are; else the last line that says `error:`.
 */
export function errorOf(output: string): string | undefined {
  const found = diagnosed(output).filter(({ message }) => !consequences.test(message));
  // What a resource says is the reason of what the stack says.
  const [first, ...more] = [...found.filter(({ of }) => of), ...found.filter(({ of }) => !of)];
  if (!first) {
    return output
      .match(/^\s*error: .*$/gm)
      ?.at(-1)
      ?.trim();
  }
  const text = first.of ? `${first.of}: ${first.message}` : first.message;
  return more.length === 0 ? text : `${text} (and ${more.length} more, see above)`;
}

interface Diagnosed {
  /** The resource; undefined for the stack itself. */
  of: string | undefined;
  message: string;
}

/** Reads `Diagnostics:`, where each resource's messages stand under its type and name. */
function diagnosed(output: string): Diagnosed[] {
  const found: Diagnosed[] = [];
  let of: string | undefined;
  let open: Diagnosed | undefined;
  for (const line of output
    .split(/^Diagnostics:$/m)
    .slice(1)
    .join('\n')
    .split('\n')) {
    const [, type, name] = /^ {2}(\S+) \((.+)\):$/.exec(line) ?? [];
    const [, severity, message] = /^ {4}(error|warning|info|debug): (.*)$/.exec(line) ?? [];
    // An error's next lines stand under it, or further to the right.
    const [, rest] = /^ {4}\s*(?:[*-] )?(\S.*)$/.exec(line) ?? [];
    if (name !== undefined) of = type === 'pulumi:pulumi:Stack' ? undefined : name;
    if (severity === 'error' && message !== undefined) {
      open = { of, message: message.replace(/^\d+ errors? occurred:$/, '') };
      found.push(open);
    } else if (severity === undefined && rest !== undefined && open) {
      open.message = joined(open.message, rest);
    } else open = undefined;
  }
  return found;
}

/** Lines as one. */
function joined(before: string, line: string): string {
  if (before === '') return line;
  return /[.:;,]$/.test(before) ? `${before} ${line}` : `${before}; ${line}`;
}
