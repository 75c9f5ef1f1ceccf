/** What follows an option: a value; a value or nothing, the value then after `=`; nothing. */
type Takes = 'value' | 'optional' | 'nothing';

/** One option of a command of the Pulumi CLI. */
export interface PulumiOption {
  /** Its long form, without hyphens. */
  name: string;
  /** Its one-letter form, without a hyphen. */
  short?: string;
  takes: Takes;
}

/** The types by which the help names what follows. Any other word there is a part of the description. */
const valueTypes = ['string', 'stringArray', 'strings', 'int', 'int32', 'file:'];

/** Reads the options in what `pulumi <command> --help` prints. */
export function parseHelp(help: string): PulumiOption[] {
  return help.split('\n').flatMap((line) => {
    const [, short, name, type, optional] =
      /^ {2,6}(?:-(\w), )? *--([\w-]+)(?: ([\w:]+)(\[=.*?\])?)?(?: {2,}|$)/.exec(line) ?? [];
    if (name === undefined) return [];
    const value = type !== undefined && valueTypes.includes(type);
    const takes: Takes = !value ? 'nothing' : optional === undefined ? 'value' : 'optional';
    return [{ name, ...(short !== undefined && { short }), takes }];
  });
}
