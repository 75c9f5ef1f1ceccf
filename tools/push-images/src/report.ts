import prettyBytes from 'pretty-bytes';
import type { AppImage } from './app-image.ts';
import type { AppName } from './apps.ts';
import type { PushPlan } from './ecr/push.ts';
import type { EcrTarget } from './ecr/repository.ts';
import { revisionName } from './git.ts';

/** What became of one app's image; sizes in bytes. */
export interface AppReport {
  readonly app: AppName;
  /** What was done with it. */
  readonly action: 'pushed' | 'planned' | 'verified' | 'written';
  readonly digest: string;
  readonly tag: string;
  readonly mediaType: string;
  readonly platforms: readonly string[];
  readonly revision?: string;
  /** Where it is: the repository, and the reference by digest that pods are started from. */
  readonly repository?: string;
  readonly reference?: string;
  /** Where it was written to. */
  readonly output?: string;
  /** Layers and configurations that the registry lacked, and lacks still after a dry run. */
  readonly missing?: { readonly blobs: number; readonly bytes: number };
  /** Those it had. */
  readonly present?: { readonly blobs: number; readonly bytes: number };
  readonly appLayerBytes: number;
}

/** An image, and what can be said of it before anything is done with it. */
export interface NamedImage {
  readonly built: AppImage;
  readonly report: Omit<AppReport, 'action'>;
}

/** The part of a report that any use of an image has. */
export function reportOf(
  built: AppImage,
  platforms: readonly string[],
  tag: string,
): Omit<AppReport, 'action'> {
  const { digest, mediaType } = built.image.root.descriptor;
  return {
    app: built.app,
    digest,
    tag,
    mediaType,
    platforms,
    ...(built.revision ? { revision: revisionName(built.revision) } : {}),
    appLayerBytes: built.appLayerBytes,
  };
}

/** The part of a report that an image in a registry has. */
export function reportIn(
  { repository }: EcrTarget,
  digest: string,
): Pick<AppReport, 'repository' | 'reference'> {
  return { repository: repository.url, reference: `${repository.url}@${digest}` };
}

/** What a push moved or would move. */
export function reportPlan({ missing, present }: PushPlan): Pick<AppReport, 'missing' | 'present'> {
  return { missing: total(missing), present: total(present) };
}

function total(blobs: PushPlan['missing']): { blobs: number; bytes: number } {
  return { blobs: blobs.length, bytes: blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0) };
}

/** A report for people, some lines. */
export function printReport(report: AppReport): string {
  const { app, action, digest, tag, platforms, reference, output, missing, present, appLayerBytes } = report;
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
