import * as pulumi from '@pulumi/pulumi';

/** Texts that are secret though no key of this stack's configuration holds them: what other layers publish as secret. */
const others = new Set<string>();

/** Shorter texts are looked for as whole values only: they may be part of anything. */
const SHORTEST_PART = 4;

/** Whether a key, such as `workloads:kubeconfig`, is secret in this stack's configuration. */
export function isSecretKey(key: string): boolean {
  // Not in the types of the package, which has it for `Config.getSecret`.
  return (pulumi.runtime as unknown as { isConfigSecret(key: string): boolean }).isConfigSecret(key);
}

/** Takes note that the texts in a value are secret wherever they come up from now on. */
export function noteSecret(value: unknown): void {
  keepInputsSecret();
  for (const text of textsIn(value)) others.add(text);
}

/** The secret texts of this stack: those of its secret configuration, of all namespaces, and those noted. */
function secretTexts(): Set<string> {
  const found = new Set(others);
  for (const [key, text] of Object.entries(pulumi.runtime.allConfig())) {
    if (!isSecretKey(key) || text === '') continue;
    for (const part of [text, ...textsIn(parsed(text))]) found.add(part);
  }
  return found;
}

/**
 * Marks as secret whatever in a value holds a secret of this stack, at any depth, so that it is encrypted in the state.
 * A program's own logic works with plain values; this is for what leaves it.
 */
export function keepSecret(value: unknown): unknown {
  const secrets = secretTexts();
  return secrets.size === 0 ? value : marked(value, secrets);
}

/** The stacks whose resources are watched. */
const watched = new WeakSet<object>();

/** Marks the inputs of every resource of this program like {@link keepSecret}, from now on. */
export function keepInputsSecret(): void {
  const stack = pulumi.runtime.getStackResource();
  if (stack === undefined || watched.has(stack)) return;
  watched.add(stack);
  pulumi.runtime.registerStackTransformation(({ resource, props, opts }) => {
    const secrets = secretTexts();
    if (secrets.size === 0) return undefined;
    // What a provider answers holds its inputs again, and not every provider remembers which of them were secret.
    const keys = Object.keys(props).filter((key) =>
      textsIn(props[key]).some((text) => holdsSecret(text, secrets)),
    );
    const isCustom = pulumi.CustomResource.isInstance(resource);
    return {
      props: marked(props, secrets) as object,
      opts: isCustom ? pulumi.mergeOptions(opts, { additionalSecretOutputs: keys }) : opts,
    };
  });
}

/** A message without the secrets of this stack. */
export function withoutSecrets(message: string): string {
  let text = message;
  for (const secret of secretTexts()) {
    if (isPart(secret)) text = text.replaceAll(secret, '[secret]');
  }
  return text;
}

function marked(value: unknown, secrets: ReadonlySet<string>): unknown {
  if (pulumi.Output.isInstance(value)) {
    return (value as pulumi.Output<unknown>).apply((plain) => marked(plain, secrets));
  }
  if (value instanceof Promise) return pulumi.output(value).apply((plain) => marked(plain, secrets));
  if (['string', 'number', 'boolean'].includes(typeof value)) {
    return holdsSecret(String(value), secrets) ? pulumi.secret(value) : value;
  }
  if (Array.isArray(value)) return value.map((item) => marked(item, secrets));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, marked(item, secrets)]));
}

function holdsSecret(text: string, secrets: ReadonlySet<string>): boolean {
  if (secrets.has(text)) return true;
  for (const secret of secrets) {
    if (!isPart(secret)) continue;
    if (text.includes(secret) || text.includes(JSON.stringify(secret).slice(1, -1))) return true;
  }
  return false;
}

/** Whether a secret is told apart in a longer text too: `4` and `true` are not. */
function isPart(secret: string): boolean {
  return secret.length >= SHORTEST_PART && !/^(true|false|null|-?[\d.]+)$/.test(secret);
}

/** The texts in a value, at any depth; numbers and the like as text. */
function textsIn(value: unknown): string[] {
  if (value === null || value === undefined || value === '') return [];
  if (Array.isArray(value) || isPlainObject(value)) return Object.values(value).flatMap(textsIn);
  return typeof value === 'object' || typeof value === 'function' ? [] : [String(value)];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Resources, assets and the like go on as they are. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
