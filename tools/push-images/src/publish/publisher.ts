import prettyBytes from 'pretty-bytes';
import type { AppName } from '../apps.ts';
import type { AppImage } from '../build/app-image.ts';

/** Brings images to where they are wanted: a registry, a folder, a file. */
export interface Publisher {
  /** Publishes one image. */
  publish(image: AppImage): Promise<Published>;
  /** All images are published: writes what is written in one piece. */
  close?(): Promise<void>;
}

/** What became of one app's image; sizes in bytes. */
export interface Published extends ImageFacts {
  /** What was done with it. */
  readonly action: 'pushed' | 'planned' | 'verified' | 'written';
  /** Where it is: the repository, and the reference by digest that pods are started from. */
  readonly repository?: string;
  readonly reference?: string;
  /** Where it was written to. */
  readonly output?: string;
  /** Layers and configurations that the registry lacked, and lacks still after a dry run. */
  readonly missing?: { readonly blobs: number; readonly bytes: number };
  /** Those it had. */
  readonly present?: { readonly blobs: number; readonly bytes: number };
}

/** What can be said of an image wherever it goes. */
interface ImageFacts {
  readonly app: AppName;
  readonly digest: string;
  readonly tag: string;
  readonly mediaType: string;
  readonly platforms: readonly string[];
  readonly revision?: string;
  readonly appLayerBytes: number;
}

/** The part of a report that is the same for every publisher. */
export function factsOf({ app, image, tag, platforms, revision, appLayerBytes }: AppImage): ImageFacts {
  const { digest, mediaType } = image.root.descriptor;
  return { app, digest, tag, mediaType, platforms, ...(revision && { revision }), appLayerBytes };
}

/** A report for people, some lines. */
export function printPublished(published: Published): string {
  const { app, action, digest, tag, platforms, reference, output, missing, present, appLayerBytes } =
    published;
  const bytes = ({ blobs, bytes: sum }: { blobs: number; bytes: number }) =>
    `${prettyBytes(sum)} in ${blobs} ${blobs === 1 ? 'blob' : 'blobs'}`;
  const moved = missing && present && `${bytes(missing)} (${bytes(present)} there already)`;
  const facts = {
    pushed: [`${app}: sent ${moved}`, `  ${reference}`],
    planned: [`${app}: would send ${moved}`, `  ${reference}`],
    verified: [`${app}: the registry holds exactly this image, every byte`, `  ${reference}`],
    written: [`${app}: written to ${output}`, `  ${digest}`],
  }[action];
  return [
    ...facts,
    `  tag ${tag}; ${platforms.join(', ')}; application layer ${prettyBytes(appLayerBytes)}`,
  ].join('\n');
}
