import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type Authorization, distribution } from './distribution.ts';
import { EcrFault, type EcrOperation, EcrStore, requests, type StoreOptions } from './store.ts';

/** One call as the double saw it. */
export interface Call {
  /** Its number among all calls, from 0. */
  readonly number: number;
  readonly operation: EcrOperation;
  readonly bytes: number;
  /** Whose signature it has: the identifier of an access key. */
  readonly accessKeyId: string;
}

/** What can go wrong with one call. */
export type Fault =
  /** The connection is cut before anything happens. */
  | 'cut'
  /** What was asked is done, then the connection is cut: the answer is lost. */
  | 'lost-answer'
  /** What was asked is done, then the connection is cut within the answer's body. */
  | 'cut-answer'
  /** No answer, ever. */
  | 'stall'
  /** HTTP 500 or 503 without a body that means anything. */
  | 500
  | 503
  /** HTTP 200 with an HTML page, as from a proxy that wants a login. */
  | 'page'
  /** An answer of ECR's API, such as `ThrottlingException`. */
  | EcrFault
  /** A change of the store or the request before it is answered as usual. */
  | ((store: EcrStore, request: Record<string, unknown>) => void);

/** What can go wrong with a request of the distribution API; `damage` changes a byte of the answer's body. */
export type RequestFault = 'cut' | 'cut-answer' | 'damage' | 'stall' | 429 | 500 | 503;

/** The registry that the double plays. */
export const doubleRegistry = { registryId: '123456789012', region: 'us-east-1', repositoryName: 'app' };

/** ECR's API in this process, as strict as the real one is, with faults at will. */
export interface EcrDouble extends AsyncDisposable {
  readonly endpoint: string;
  readonly repositoryUrl: string;
  readonly store: EcrStore;
  readonly calls: readonly Call[];
  /** Decides what goes wrong with a call. */
  faultOf: (call: Call) => Fault | undefined;
  /** Requests of the distribution API, `GET /v2/…`, which is at the same address, and downloads of layers. */
  readonly requests: string[];
  /** Decides what goes wrong with one of them, by its path and its number from 0. */
  faultOfRequest: (path: string, number: number) => RequestFault | undefined;
}

/** Starts a double on a free port of 127.0.0.1. */
export async function startEcrDouble(
  options: Partial<StoreOptions> & { authorization?: Authorization } = {},
): Promise<EcrDouble> {
  const { registryId, region, repositoryName } = doubleRegistry;
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const double: EcrDouble = {
    endpoint,
    repositoryUrl: `${registryId}.dkr.ecr.${region}.amazonaws.com/${repositoryName}`,
    store: new EcrStore({ partBytes: 320, minimumPartBytes: 160, immutableTags: false, ...options }),
    calls,
    faultOf: () => undefined,
    requests: [],
    faultOfRequest: () => undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  const distributed = distribution(double.store, repositoryName, options.authorization ?? 'none');

  async function answerRead(request: IncomingMessage, response: ServerResponse): Promise<void> {
    double.requests.push(`${request.method} ${request.url}`);
    const fault = double.faultOfRequest(request.url ?? '', double.requests.length - 1);
    if (fault === 'stall') return;
    if (fault === 'cut') return void request.socket.destroy();
    if (typeof fault === 'number') return void response.writeHead(fault).end('upstream trouble');
    if (fault) spoil(response, fault);
    if (request.url?.startsWith('/layers/')) download(request.url, response);
    else await distributed(request, response);
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    if (/^\/(v2|token|layers)\b/.test(path)) return answerRead(request, response);
    const body = await buffer(request);
    const operation = operationOf(request, body);
    const [, accessKeyId = ''] = /Credential=([^/]+)/.exec(request.headers.authorization ?? '') ?? [];
    const call: Call = { number: calls.length, operation, bytes: body.length, accessKeyId };
    calls.push(call);
    const fault = double.faultOf(call);
    if (fault === 'stall') return;
    if (fault === 'cut') return void request.socket.destroy();
    if (typeof fault === 'number') return void response.writeHead(fault).end('upstream trouble');
    if (fault === 'page') return void response.end('<html><title>Log in</title></html>');
    const [status, text] = perform(operation, JSON.parse(body.toString()), fault);
    if (fault === 'lost-answer') return void request.socket.destroy();
    response.writeHead(status, {
      'content-type': 'application/x-amz-json-1.1',
      'content-length': Buffer.byteLength(text),
    });
    if (fault !== 'cut-answer') return void response.end(text);
    response.write(text.slice(0, text.length / 2), () => request.socket.destroy());
  }

  function perform(operation: EcrOperation, input: Record<string, unknown>, fault?: Fault): [number, string] {
    try {
      if (fault instanceof EcrFault) throw fault;
      if (typeof fault === 'function') fault(double.store, input);
      return [200, JSON.stringify(dispatch(operation, input))];
    } catch (error) {
      if (!(error instanceof EcrFault)) throw error;
      const status = error.name === 'ServerException' ? 500 : 400;
      return [status, JSON.stringify({ __type: error.name, message: error.message, ...error.fields })];
    }
  }

  function dispatch(operation: EcrOperation, input: unknown): object {
    const { store } = double;
    const { repositoryName: name } = input as { repositoryName?: string };
    if (name !== undefined && name !== repositoryName) {
      throw new EcrFault('RepositoryNotFoundException', `no repository ${name} in registry ${registryId}`);
    }
    switch (operation) {
      case 'GetDownloadUrlForLayer': {
        const { layerDigest } = requests[operation].parse(input);
        if (!store.layers.has(layerDigest))
          throw new EcrFault('LayersNotFoundException', `no ${layerDigest}`);
        return { layerDigest, downloadUrl: `${endpoint}/layers/${layerDigest}` };
      }
      case 'GetAuthorizationToken': {
        const authorizationToken = Buffer.from('AWS:secret').toString('base64');
        const proxyEndpoint = `https://${double.repositoryUrl.split('/')[0]}`;
        return {
          authorizationData: [{ authorizationToken, expiresAt: Date.now() / 1000 + 43200, proxyEndpoint }],
        };
      }
      default:
        return store.perform(operation, input);
    }
  }

  function download(url: string, response: ServerResponse): void {
    const layer = double.store.layers.get(url.slice('/layers/'.length));
    response.writeHead(layer ? 200 : 404).end(layer);
  }

  return double;
}

/** Damages the body of an answer, or cuts it short. */
function spoil(response: ServerResponse, fault: 'damage' | 'cut-answer'): void {
  const end = response.end.bind(response);
  const spoiled = (content?: Buffer | string): ServerResponse => {
    const bytes = Buffer.from(content ?? '');
    if (fault === 'damage') {
      if (bytes.length > 0) bytes[0] = (bytes[0] ?? 0) ^ 1;
      return end(bytes);
    }
    response.write(bytes.subarray(0, bytes.length / 2), () => response.socket?.destroy());
    return response;
  };
  Object.assign(response, { end: spoiled });
}

/** Checks what every signed request must have, the digest of its body among it. */
function operationOf({ headers }: IncomingMessage, body: Buffer): EcrOperation {
  const operation = String(headers['x-amz-target']).split('.')[1] ?? '';
  const digest = createHash('sha256').update(body).digest('hex');
  if (!headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) throw new Error('the request is not signed');
  if (headers['x-amz-content-sha256'] !== digest) throw new Error('the body is not the one that was signed');
  if (!(operation in requests)) throw new Error(`no operation ${operation}`);
  return operation as EcrOperation;
}
