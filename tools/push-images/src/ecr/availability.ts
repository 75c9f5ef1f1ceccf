import { BatchCheckLayerAvailabilityCommand } from '@aws-sdk/client-ecr';
import type { EcrTarget } from './repository.ts';

/** BatchCheckLayerAvailability takes at most 100 digests: ECR API reference. */
const digestsACall = 100;

/**
 * Which of some layers a repository holds, with their sizes in bytes where it says them. Only `AVAILABLE` counts: a layer that is
 * archived or unknown has to be sent.
 */
export async function availableLayers(
  { client, repository }: EcrTarget,
  digests: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, number | undefined>> {
  const available = new Map<string, number | undefined>();
  for (let start = 0; start < digests.length; start += digestsACall) {
    const { layers = [] } = await client.send(
      new BatchCheckLayerAvailabilityCommand({
        registryId: repository.registryId,
        repositoryName: repository.name,
        layerDigests: digests.slice(start, start + digestsACall),
      }),
      { abortSignal: signal },
    );
    for (const { layerDigest, layerAvailability, layerSize } of layers) {
      if (layerDigest && layerAvailability === 'AVAILABLE') available.set(layerDigest, layerSize);
    }
  }
  return available;
}
