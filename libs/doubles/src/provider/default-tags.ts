let tags: Readonly<Record<string, string>> = {};

/** Takes the default tags of a provider from its configuration; the engine gives them as JSON. */
export function takeDefaultTags(configuration: unknown): void {
  const { defaultTags } = (configuration ?? {}) as { defaultTags?: string };
  tags = defaultTags === undefined ? {} : (JSON.parse(defaultTags) as { tags: typeof tags }).tags;
}

/** The tags that this provider gives to all that it makes. */
export const defaultTags = () => tags;
