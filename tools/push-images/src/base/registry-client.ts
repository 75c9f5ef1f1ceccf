import { byProxy } from '@envoy-poc/proxy';
import { PushImagesError } from '../errors.ts';
import { manifestMediaTypes } from '../oci/media-types.ts';
import {
  isTransient,
  maximumTries,
  type OnUnreachable,
  retried,
  TransientError,
  triesToReach,
  UnansweredError,
  unreachableBecause,
} from '../retry.ts';
import type { Credentials } from './credentials.ts';
import { type ImageReference, registryUrl } from './reference.ts';

/** What talking to a registry needs from outside. */
export interface RegistryClientOptions {
  /** Credentials for a host, where there are any. */
  readonly credentials: (host: string) => Promise<Credentials | undefined>;
  /** How long to wait before the second try of a request; before each further one twice as long. */
  readonly retryMilliseconds?: number;
  readonly onUnreachable?: OnUnreachable;
}

/** Reads one repository by the distribution API (OCI distribution-spec 1.1), with the tokens it asks for. */
export class RegistryClient {
  readonly #reference: ImageReference;
  readonly #options: RegistryClientOptions;
  #authorization: string | undefined;

  constructor(reference: ImageReference, options: RegistryClientOptions) {
    this.#reference = reference;
    this.#options = options;
  }

  /** Bytes under a path of the repository, such as `manifests/latest`. */
  async bytes(path: string, signal?: AbortSignal): Promise<Uint8Array> {
    return new Uint8Array(await (await this.#get(path, signal)).arrayBuffer());
  }

  /** The same as a stream. */
  async stream(path: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    return (await this.#get(path, signal)).body ?? new Blob([]).stream();
  }

  /** Does something until it works, fails for good, or has been tried often enough. */
  async retry<T>(action: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      const { retryMilliseconds: pauseMilliseconds, onUnreachable } = this.#options;
      return await retried(action, { signal, pauseMilliseconds, onUnreachable });
    } catch (error) {
      if (!isTransient(error) || error instanceof PushImagesError) throw error;
      const unreachable = unreachableBecause(error);
      if (unreachable !== undefined) throw unreachableBase(this.#reference, unreachable, error);
      const cause = error instanceof Error && error.cause ? ` (${error.cause})` : '';
      throw new PushImagesError(
        'ERR_BASE',
        `base image ${this.#reference.text}: gave up after ${maximumTries} tries; last: ${error}${cause}.`,
        {
          value: this.#reference.text,
          nextStep: `Is ${this.#reference.host} reachable from here? A folder works without a network: --base oci:DIR`,
          cause: error,
        },
      );
    }
  }

  async #get(path: string, signal?: AbortSignal): Promise<Response> {
    const { host, repository, text } = this.#reference;
    const url = `${registryUrl(host)}/v2/${repository}/${path}`;
    let response = await this.#fetch(url, signal);
    if (response.status === 401) {
      this.#authorization = await this.#authorize(response.headers.get('www-authenticate') ?? '', signal);
      await response.body?.cancel();
      response = await this.#fetch(url, signal);
    }
    if (response.ok) return response;
    const said = `${response.status} ${(await response.text()).slice(0, 300)}`;
    if (response.status === 429 || response.status >= 500)
      throw new TransientError(`${url} answered ${said}`);
    throw new PushImagesError('ERR_BASE', `base image ${text}: ${url} answered ${said}`, {
      value: text,
      nextStep: nextStep(response.status, host),
    });
  }

  #fetch(url: string, signal?: AbortSignal): Promise<Response> {
    const headers = {
      accept: [...manifestMediaTypes, 'application/octet-stream'].join(', '),
      ...(this.#authorization ? { authorization: this.#authorization } : {}),
    };
    return answered(url, headers, signal);
  }

  /** Answers a challenge (RFC 9110, 11.6.1): Basic as it is, Bearer by the token server it names. */
  async #authorize(challenge: string, signal?: AbortSignal): Promise<string> {
    const { host, repository, text } = this.#reference;
    const found = await this.#options.credentials(host);
    const basic = found && `Basic ${Buffer.from(`${found.username}:${found.password}`).toString('base64')}`;
    const scheme = challenge.split(' ', 1)[0]?.toLowerCase();
    if (scheme === 'basic' && basic) return basic;
    const parameters = new Map(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
    );
    const realm = parameters.get('realm');
    if (scheme !== 'bearer' || !realm) {
      throw new PushImagesError(
        'ERR_BASE',
        `base image ${text}: ${host} wants credentials${scheme ? ` (${scheme})` : ''} and there are none for it.`,
        { value: text, nextStep: nextStep(401, host) },
      );
    }
    const url = new URL(realm);
    url.searchParams.set('scope', parameters.get('scope') ?? `repository:${repository}:pull`);
    const service = parameters.get('service');
    if (service) url.searchParams.set('service', service);
    const response = await answered(url.href, basic ? { authorization: basic } : {}, signal);
    if (response.status === 429 || response.status >= 500) {
      throw new TransientError(`${url} answered ${response.status}`);
    }
    const body: unknown = await response.json().catch(() => undefined);
    const { token, access_token } = (body ?? {}) as { token?: string; access_token?: string };
    if (response.ok && (token ?? access_token)) return `Bearer ${token ?? access_token}`;
    throw new PushImagesError(
      'ERR_BASE',
      `base image ${text}: token server ${realm} answered ${response.status}.`,
      { value: text, nextStep: nextStep(response.status, host) },
    );
  }
}

/** How long a registry may take to begin its answer. */
const answerMilliseconds = 30_000;

/** Asks, and waits for the beginning of the answer only so long; its content may take what it takes. */
async function answered(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new UnansweredError(`no answer in ${answerMilliseconds / 1000} s`)),
    answerMilliseconds,
  );
  try {
    return await fetch(url, { headers, signal: AbortSignal.any([late.signal, ...(signal ? [signal] : [])]) });
  } finally {
    clearTimeout(timer);
  }
}

/** The error for a base whose registry cannot be reached: it says how to do without. */
function unreachableBase(
  { host, repository, digest, text }: ImageReference,
  said: string,
  cause: unknown,
): PushImagesError {
  // Skopeo does not take a tag beside a digest.
  const image = `docker://${host}/${repository}${digest ? `@${digest}` : ''}`;
  return new PushImagesError(
    'ERR_BASE',
    `base image ${text}: ${host} cannot be reached${byProxy(registryUrl(host))}, tried ${triesToReach} times; last: ${said}.`,
    {
      value: text,
      nextStep:
        'Without a way there, copy the image into a folder where there is one, and build from that:\n' +
        `  skopeo copy --all ${image} oci:base\n` +
        '  npx envoy-poc push --base oci:base',
      cause,
    },
  );
}

function nextStep(status: number, host: string): string {
  if (status === 401 || status === 403) return `Log in first, for example: docker login ${host}`;
  return 'Check the name and digest given with --base.';
}
