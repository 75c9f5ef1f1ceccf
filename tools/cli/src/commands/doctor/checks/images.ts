import { join } from 'node:path';
import { BatchGetImageCommand, ECRClient } from '@aws-sdk/client-ecr';
import { type AppWorkload, appOf, appWorkloads, ImageError, pushCommand } from '@envoy-poc/layers';
import { pushedImage } from '@envoy-poc/layers/workloads';
import { askAws, awsOptions, type Check, CheckError, fail, pass, skip } from '#runtime';
import type { DoctorContext } from '../context.ts';
import { layerConfig } from '../layer-config.ts';
import { stackPlace } from './account.ts';

/** An image of a private ECR repository, by digest. */
const ecrImage =
  /^(?<registryId>\d{12})\.dkr[.-]ecr\.(?<region>[a-z0-9-]+)\.[^/]+\/(?<name>[^@]+)@(?<digest>sha256:[0-9a-f]{64})$/;

const imageCheck = (workload: AppWorkload): Check<DoctorContext> => ({
  id: `image-${workload}`,
  title: `image of the ${workload}`,
  needs: ['identity', 'config-workloads'],
  async run(context, abortSignal) {
    const { root, stack } = context;
    const push = pushCommand(appOf[workload], stack);
    const settings = (await context.settings()).get('workloads');
    if (!settings) throw new Error('no settings of workloads');
    const config = layerConfig({ ...settings, layer: 'workloads' });
    let reference: string;
    try {
      reference = config[`${workload}Image`] ?? pushedImage(workload, join(root, 'dist/images'), stack);
    } catch (error) {
      if (error instanceof ImageError) {
        return error.code === 'IMAGE_MISSING'
          ? skip(`because none was pushed from here yet; a deploy does that first (${push})`)
          : fail(error.message, push);
      }
      throw error;
    }
    const { registryId, region, name, digest } = ecrImage.exec(reference)?.groups ?? {};
    if (region === undefined) return skip(`because ${reference} is not in ECR`);
    const place = { ...(await stackPlace(context)), region };
    const input = { registryId, repositoryName: name, imageIds: [{ imageDigest: digest }] };
    const { images = [] } = await askAws(place, 'ecr:BatchGetImage', () =>
      new ECRClient(awsOptions(place)).send(new BatchGetImageCommand(input), { abortSignal }),
    ).catch((error: unknown) => {
      if (error instanceof CheckError && error.message.includes('RepositoryNotFoundException'))
        return { images: [] };
      throw error;
    });
    return images.length > 0
      ? pass(`${name}@${digest?.slice(0, 19)}… is there`)
      : fail(`${reference} is not in ECR`, push);
  },
});

/** What the workloads will run. */
export const imageChecks = appWorkloads.map(imageCheck);
