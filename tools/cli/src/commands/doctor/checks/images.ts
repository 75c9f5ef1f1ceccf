import { join } from 'node:path';
import { BatchGetImageCommand, ECRClient } from '@aws-sdk/client-ecr';
import {
  type AppWorkload,
  appOf,
  appWorkloads,
  ecrImageOf,
  ImageError,
  imagesFolder,
  pushCommand,
} from '@envoy-poc/layers';
import { appWorkloadsOf, pushedImage } from '@envoy-poc/layers/workloads';
import { askAws, awsOptions, type Check, CheckError, fail, pass, skip } from '#runtime';
import type { DoctorContext } from '../context.ts';
import { layerConfig } from '../layer-config.ts';
import { stackPlace } from './account.ts';

const imageCheck = (workload: AppWorkload): Check<DoctorContext> => ({
  id: `image-${workload}`,
  title: `image of the ${workload}`,
  needs: ['identity', 'config-workloads'],
  async run(context, abortSignal) {
    const { root, stack } = context;
    const push = pushCommand(appOf[workload], stack);
    const { config } = await layerConfig(context, 'workloads');
    if (!appWorkloadsOf(config).includes(workload)) {
      return skip(`because no ${workload} runs: workloads:admission is ${config.admission}`);
    }
    let reference: string;
    try {
      reference = config[`${workload}Image`] ?? pushedImage(workload, join(root, imagesFolder), stack);
    } catch (error) {
      if (error instanceof ImageError) {
        return error.code === 'IMAGE_MISSING'
          ? skip(`because none was pushed from here yet; a deploy does that first (${push})`)
          : fail(error.message, push);
      }
      throw error;
    }
    const image = ecrImageOf(reference);
    if (!image) return skip(`because ${reference} is not in ECR`);
    const { registryId, region, name, digest } = image;
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
      ? pass(`${name}@${digest.slice(0, 19)}… is there`)
      : fail(`${reference} is not in ECR`, push);
  },
});

/** What the workloads will run. */
export const imageChecks = appWorkloads.map(imageCheck);
