/** What a URN, `urn:pulumi:<stack>::<project>::<types>::<name>`, says. */
export interface Urn {
  stack: string;
  /** The layer. */
  project: string;
  /** The type, without those of its parents. */
  type: string;
  /** The logical name. */
  name: string;
}

/** Reads a URN. */
export function parseUrn(urn: string): Urn {
  const [stack = '', project = '', types = '', ...name] = urn.replace(/^urn:pulumi:/, '').split('::');
  return { stack, project, type: types.split('$').at(-1) ?? '', name: name.join('::') };
}
