import type { ECRClient } from '@aws-sdk/client-ecr';
import { expect, test } from 'vitest';
import { memoryBlob } from '../oci/image.ts';
import { parseRepository } from './repository.ts';
import { uploadLayer } from './upload-layer.ts';

const repository = parseRepository('123456789012.dkr.ecr.us-east-1.amazonaws.com/app');
const layer = memoryBlob('application/octet-stream', new Uint8Array(100));

/** A registry that answers each call with the same fields, whatever it is asked. */
function registry(answer: object) {
  const calls: string[] = [];
  const send = async (command: object) => {
    calls.push(command.constructor.name);
    return { uploadId: 'one', partSize: 40, layers: [], ...answer };
  };
  return { calls, target: { client: { send } as unknown as ECRClient, repository } };
}

test.each([0, 200, -1])(
  'a registry that always says it has byte %i last is given up',
  async (lastByteReceived) => {
    const { calls, target } = registry({ lastByteReceived });
    const upload = uploadLayer(target, layer, new AbortController().signal, () => {});
    await expect(upload).rejects.toThrow(/in 3 uploads.*counts other bytes/s);
    expect(calls).not.toContain('CompleteLayerUploadCommand');
  },
);

test.each([0, -1, undefined])('parts of %s bytes are not asked for by any registry', async (partSize) => {
  const upload = uploadLayer(registry({ partSize }).target, layer, new AbortController().signal, () => {});
  await expect(upload).rejects.toThrow(/Is --endpoint an ECR endpoint/);
});
