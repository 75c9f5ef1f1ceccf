import { createHash } from 'node:crypto';
import { UploadLayerPartCommand, type UploadLayerPartRequest } from '@aws-sdk/client-ecr';

/** A part of a layer as a request, ready to be signed and sent. */
export interface PartRequest {
  readonly first: number;
  readonly last: number;
  readonly body: Uint8Array;
  /** SHA-256 of `body`, hexadecimal. */
  readonly bodyHash: string;
}

type Upload = Pick<UploadLayerPartRequest, 'registryId' | 'repositoryName' | 'uploadId'>;

/**
 * Makes requests of the parts of a layer, some perhaps twice, and knows the digest of all that was read. They are made
 * ahead, while another part is on its way: the SDK would encode and hash a part only when it sends it, as texts, on the
 * thread that sends.
 */
export function partRequests(content: Blob, partSize: number, upload: Upload) {
  const hash = createHash('sha256');
  let hashed = 0;
  return {
    async make(first: number): Promise<PartRequest> {
      const part = Buffer.from(await content.slice(first, first + partSize).arrayBuffer());
      const last = first + part.length - 1;
      const body = bodyOf({ ...upload, partFirstByte: first, partLastByte: last }, part);
      // In a thread of its own.
      const bodyHash = crypto.subtle.digest('SHA-256', body);
      hash.update(part.subarray(Math.max(0, hashed - first)));
      hashed = Math.max(hashed, first + part.length);
      return { first, last, body, bodyHash: Buffer.from(await bodyHash).toString('hex') };
    },
    digest: () => `sha256:${hash.digest('hex')}`,
  };
}

/** AWS JSON 1.1: an object whose blobs are base64. */
function bodyOf(fields: Omit<UploadLayerPartRequest, 'layerPartBlob'>, part: Buffer) {
  const head = `${JSON.stringify(fields).slice(0, -1)},"layerPartBlob":"`;
  return Buffer.from(`${head}${part.toString('base64')}"}`, 'latin1');
}

/** The call that sends a part. */
export function uploadPartCommand({ first, last, body, bodyHash }: PartRequest, upload: Upload) {
  const command = new UploadLayerPartCommand({
    ...{ ...upload, partFirstByte: first, partLastByte: last },
    layerPartBlob: new Uint8Array(),
  });
  command.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { body: unknown; headers: Record<string, string> };
      request.body = body;
      // The signature takes it from here (SigV4 signs this header and hashes nothing again).
      request.headers['x-amz-content-sha256'] = bodyHash;
      return next(args);
    },
    { step: 'build', priority: 'high', name: 'sendEncodedPart' },
  );
  return command;
}
