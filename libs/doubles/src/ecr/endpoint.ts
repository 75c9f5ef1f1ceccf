import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { changeAccount, type Resource, readAccount } from '../account/account.ts';
import { noted } from '../account/journal.ts';
import { ACCOUNT_ID } from '../aws/shapes.ts';
import { EcrFault, type EcrOperation, EcrStore, requests } from './store.ts';

const IMAGE = 'aws:ecr/image:Image';

/** Sizes of ECR's upload parts, in bytes. */
const parts = { partBytes: 20 * 2 ** 20, minimumPartBytes: 5 * 2 ** 20 };

/** ECR's API for the repositories of a fake account. */
export interface EcrEndpoint {
  url: string;
  /** Whose signatures came: identifiers of access keys. */
  signers: ReadonlySet<string>;
  close(): Promise<void>;
}

/** Serves ECR's API on a free port of 127.0.0.1; what is pushed becomes images of the account. */
export async function startEcrEndpoint(folder: string): Promise<EcrEndpoint> {
  const stores = new Map<string, EcrStore>();
  const signers = new Set<string>();
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    signers.add(/Credential=([^/]+)/.exec(request.headers.authorization ?? '')?.[1] ?? 'nobody');
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const input = JSON.parse((await buffer(request)).toString()) as { repositoryName?: string };
    const reply = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
    try {
      if (!(operation in requests))
        throw new EcrFault('InvalidParameterException', `no operation ${operation}`);
      reply(200, await perform(operation as EcrOperation, input));
    } catch (error) {
      if (!(error instanceof EcrFault)) throw error;
      reply(400, { __type: error.name, message: error.message, ...error.fields });
    }
  }

  function storeOf(name: string): EcrStore {
    const repository = repositoryOf(readAccount(folder), name);
    if (!repository) {
      stores.delete(name);
      throw new EcrFault('RepositoryNotFoundException', `no repository ${name} in registry ${ACCOUNT_ID}`);
    }
    const immutableTags = repository.inputs.imageTagMutability === 'IMMUTABLE';
    const store = stores.get(repository.urn) ?? new EcrStore({ ...parts, immutableTags });
    stores.set(repository.urn, store);
    return store;
  }

  async function perform(operation: EcrOperation, input: { repositoryName?: string }): Promise<object> {
    const name = input.repositoryName ?? '';
    const store = storeOf(name);
    const parse = <O extends EcrOperation>(wanted: O) => requests[wanted].parse(input) as never;
    switch (operation) {
      case 'BatchCheckLayerAvailability':
        return store.check(parse(operation));
      case 'InitiateLayerUpload':
        parse(operation);
        return store.initiate();
      case 'UploadLayerPart':
        return store.part(parse(operation));
      case 'CompleteLayerUpload':
        return store.complete(parse(operation));
      case 'BatchGetImage':
        return store.get(parse(operation));
      case 'DescribeImages':
        return store.describe(parse(operation));
      case 'PutImage': {
        const request = requests.PutImage.parse(input);
        const urn = repositoryOf(readAccount(folder), name)?.urn ?? '';
        return noted(folder, 'push', urn, async () => {
          const put = store.put(request) as {
            image: { imageId: { imageDigest: string; imageTag?: string } };
          };
          record(name, urn, put.image.imageId);
          return put;
        });
      }
      default:
        throw new EcrFault('InvalidParameterException', `${operation} is not for a rehearsal`);
    }
  }

  function record(
    repositoryName: string,
    repositoryUrn: string,
    { imageDigest, imageTag }: { imageDigest: string; imageTag?: string },
  ) {
    changeAccount(folder, (resources) => {
      const urn = `${repositoryUrn}-${imageDigest}`;
      const images = resources.filter(
        ({ type, inputs }) => type === IMAGE && inputs.repositoryName === repositoryName,
      );
      const tagsOf = ({ inputs }: Resource) => inputs.imageTags as string[];
      let image = images.find((candidate) => candidate.urn === urn);
      if (!image) {
        const inputs = { repositoryName, imageDigest, imageTags: [] };
        image = { type: IMAGE, id: imageDigest, urn, inputs, outputs: {} };
        resources.push(image);
      }
      if (imageTag === undefined || tagsOf(image).includes(imageTag)) return;
      // A tag names one image of a repository.
      for (const other of images) other.inputs.imageTags = tagsOf(other).filter((tag) => tag !== imageTag);
      image.inputs.imageTags = [...tagsOf(image), imageTag];
    });
  }

  return {
    signers,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function repositoryOf(resources: readonly Resource[], name: string): Resource | undefined {
  return resources.find(({ type, id }) => type === 'aws:ecr/repository:Repository' && id === name);
}
