import { hoursInMonth } from '@envoy-poc/aws-facts';
import { UsageError } from '#runtime';

/** What no preview can know. Each can be set by `--assume <name>=<value>`. */
export const assumptions = {
  hours: { value: hoursInMonth, meaning: 'hours a month for which the stack stands' },
  'nat-gigabytes': { value: 10, meaning: 'GB a month through all NAT gateways together' },
  'capacity-units': { value: 0.1, meaning: 'LCUs that a load balancer uses, on average' },
  'log-gigabytes': { value: 5, meaning: 'GB a month that go into each log group' },
  'image-gigabytes': { value: 0.5, meaning: 'GB of images in each repository' },
} as const;

/** The name of an assumption. */
export type Assumption = keyof typeof assumptions;

/** A value for each assumption. */
export type Assumed = Readonly<Record<Assumption, number>>;

const names = Object.keys(assumptions) as Assumption[];

/** What is assumed when nobody says otherwise. */
export const assumedByDefault = Object.fromEntries(
  names.map((name) => [name, assumptions[name].value]),
) as Assumed;

/**
 * Reads words such as `hours=174`; what they do not name stays as it is by default.
 *
 * @throws {UsageError} naming the word and what may stand there
 */
export function readAssumptions(words: readonly string[]): Assumed {
  const given = words.map((word): [Assumption, number] => {
    const [, name = '', text = ''] = /^([^=]*)=(.*)$/.exec(word) ?? [];
    const value = Number(text);
    if (!names.includes(name as Assumption) || text.trim() === '' || !(value >= 0 && value < 1e9)) {
      throw new UsageError(
        `--assume ${word}: give <name>=<number, 0 or more>; the names are ${names.join(', ')}`,
      );
    }
    if (name === 'hours' && value > 744) {
      throw new UsageError(`--assume ${word}: a month has at most 744 hours`);
    }
    return [name as Assumption, value];
  });
  return { ...assumedByDefault, ...Object.fromEntries(given) };
}
