import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type AppName, type AppWorkload, appOf, pushCommand } from '../apps.ts';
import { ImageError } from '../errors.ts';
import { imageByDigest } from '../image-reference.ts';
import { appWorkloadsOf, type WorkloadsConfig } from './settings.ts';

/** What the pushes of an image leave behind: the last one for each stack, by its name. */
const pushed = z.record(
  z.string(),
  z.object({
    reference: imageByDigest,
    /** Such as `linux/arm64`. */
    platforms: z.array(z.string()).optional(),
  }),
);

/** The image of each workload, by digest. */
export interface Images {
  server: string;
  edge: string;
  client: string;
  /** Left out where `admission` is `shared`. */
  picker?: string | undefined;
}

/**
 * The images to run: as configured, else as the last push left them in `folder`.
 *
 * @throws {ImageError} IMAGE_MISSING or IMAGE_INVALID, with the target to run
 */
export function imagesOf(config: WorkloadsConfig, folder: string, stack: string): Images {
  return imagesBy(config, (workload) => pushedImage(workload, folder, stack));
}

/** The images as configured, else as `other` gives them. */
function imagesBy(config: WorkloadsConfig, other: (workload: AppWorkload) => string): Images {
  const imageOf = (workload: AppWorkload) => config[`${workload}Image`] ?? other(workload);
  return {
    server: imageOf('server'),
    edge: config.edgeImage,
    client: imageOf('client'),
    ...(config.admission === 'exact' && { picker: imageOf('picker') }),
  };
}

/**
 * The same in a preview, which may have pushed nothing, such as a pull request's: then those that run now.
 *
 * @param running gives the images that run; undefined when none do
 * @throws {ImageError} as {@link imagesOf}, when one that is needed does not run either
 */
export async function previewImagesOf(
  config: WorkloadsConfig,
  folder: string,
  stack: string,
  running: () => Promise<Images | undefined>,
): Promise<Images> {
  try {
    return imagesOf(config, folder, stack);
  } catch (missing) {
    if (!(missing instanceof ImageError)) throw missing;
    const now = await running();
    return imagesBy(config, (workload) => {
      const image = now?.[workload];
      if (image === undefined) throw missing;
      return image;
    });
  }
}

/**
 * Checks that pushed images lie in the repositories of this stack's registry, and not in those of another.
 *
 * @param repositories the repositories' URLs, by app
 * @throws {ImageError} IMAGE_ELSEWHERE, with the target to run
 */
export function checkRepositories(
  config: WorkloadsConfig,
  images: Images,
  repositories: Readonly<Record<AppName, { url: string }>>,
  stack: string,
): void {
  for (const workload of appWorkloadsOf(config)) {
    const { url } = repositories[appOf[workload]];
    const image = images[workload];
    if (config[`${workload}Image`] !== undefined || image?.startsWith(`${url}@`)) continue;
    throw new ImageError(
      'IMAGE_ELSEWHERE',
      `the image ${image} is not in ${url}, the repository of stack ${stack}; it was pushed for another ` +
        `stack. Push it here: ${pushCommand(appOf[workload], stack)}`,
    );
  }
}

/**
 * Checks that pushed images run on the nodes: a pod of one for other processors ends at once, with `exec format error`.
 *
 * @param amiType of the nodes, such as `AL2023_ARM_64_STANDARD`
 * @throws {ImageError} IMAGE_PLATFORM, with the target to run
 */
export function checkPlatforms(
  config: WorkloadsConfig,
  folder: string,
  stack: string,
  amiType: string,
): void {
  const needed = amiType.includes('ARM_64') ? 'linux/arm64' : 'linux/amd64';
  for (const workload of appWorkloadsOf(config)) {
    if (config[`${workload}Image`] !== undefined) continue;
    const platforms = platformsOf(workload, folder, stack);
    if (!platforms || platforms.some((platform) => platform.startsWith(needed))) continue;
    throw new ImageError(
      'IMAGE_PLATFORM',
      `the image of the ${workload} is for ${platforms.join(', ')}, and the nodes are ${needed} (${amiType}). Push it ` +
        `for both, on a base that has both: ${pushCommand(appOf[workload], stack)}`,
    );
  }
}

/** The platforms of the last push; undefined where there is none, as in a preview, or it does not say. */
function platformsOf(workload: AppWorkload, folder: string, stack: string): string[] | undefined {
  try {
    return pushOf(workload, folder, stack).platforms;
  } catch (error) {
    if (error instanceof ImageError) return undefined;
    throw error;
  }
}

/** The image of a workload as the last push for a stack left it in `folder`. @throws {ImageError} as {@link imagesOf} */
export function pushedImage(workload: AppWorkload, folder: string, stack: string): string {
  return pushOf(workload, folder, stack).reference;
}

/** What the last push for a stack left in `folder`. @throws {ImageError} as {@link imagesOf} */
function pushOf(workload: AppWorkload, folder: string, stack: string): z.infer<typeof pushed>[string] {
  const file = join(folder, `${appOf[workload]}.json`);
  const nextStep = `Push the image: ${pushCommand(appOf[workload], stack)} (or set workloads:${workload}Image).`;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new ImageError('IMAGE_MISSING', `there is no ${file}, so no image of the ${workload}. ${nextStep}`);
  }
  let stacks: z.infer<typeof pushed>;
  try {
    stacks = pushed.parse(JSON.parse(text));
  } catch {
    throw new ImageError('IMAGE_INVALID', `${file} names no image by digest. ${nextStep}`);
  }
  const image = stacks[stack];
  if (image) return image;
  const others = Object.keys(stacks).join(', ') || 'none';
  throw new ImageError(
    'IMAGE_MISSING',
    `${file} has no image of the ${workload} for stack ${stack}, only for: ${others}. ${nextStep}`,
  );
}
