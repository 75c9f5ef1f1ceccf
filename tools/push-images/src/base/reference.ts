import { PushImagesError } from '../errors.ts';

/** An image reference, taken apart. */
export interface ImageReference {
  /** As it was given. */
  readonly text: string;
  /** The registry's host, with its port if it has one. */
  readonly host: string;
  /** The repository's name in that registry. */
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

// https://github.com/distribution/reference: a first part with a dot or colon, or `localhost`, is a host.
const pattern =
  /^(?:(?<host>localhost(?::\d+)?|[\w-]+(?:\.[\w-]+)+(?::\d+)?|[\w-]+:\d+|\[[0-9a-f:]+\](?::\d+)?)\/)?(?<name>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/;

/**
 * Reads an image reference. Without a host it means Docker Hub, whose registry is `registry-1.docker.io`.
 *
 * @throws {PushImagesError} ERR_USAGE
 */
export function parseReference(text: string): ImageReference {
  const groups = pattern.exec(text)?.groups;
  if (!groups?.name) {
    throw new PushImagesError('ERR_USAGE', `--base ${text} is not an image reference.`, {
      value: text,
      nextStep: 'Give HOST/NAME@sha256:DIGEST, or oci:DIR for a folder in OCI image layout.',
    });
  }
  const { host = 'docker.io', name, tag, digest } = groups;
  const hub = host === 'docker.io';
  return {
    text,
    host: hub ? 'registry-1.docker.io' : host,
    repository: hub && !name.includes('/') ? `library/${name}` : name,
    tag,
    digest,
  };
}

/** Where a registry's API is: plain HTTP on this machine, as other clients have it, HTTPS everywhere else. */
export function registryUrl(host: string): string {
  const local = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(host);
  return `${local ? 'http' : 'https'}://${host}`;
}
