import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { digestOf } from './digest.ts';
import { EcrFault, type EcrStore } from './store.ts';

/** Who may read and write over the distribution API. */
export type Authorization = 'none' | 'basic' | 'bearer';

/** Credentials that the double's distribution API knows, as `name:password`. */
export const distributionCredentials = 'AWS:secret';

const token = 'a-token-of-the-double';

/**
 * The distribution API (OCI distribution-spec 1.1) over a store, for clients such as skopeo and crane. As with ECR,
 * what was pushed by one API is there in the other.
 *
 * @param name the repository's name
 * @param authorization what a request needs; a bearer token is had at `/token`, with or without credentials
 */
export function distribution(store: EcrStore, name: string, authorization: Authorization) {
  const uploads = new Map<string, Buffer[]>();

  return async function answer(request: IncomingMessage, response: ServerResponse): Promise<ServerResponse> {
    const body = await buffer(request);
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    if (url.pathname === '/token') return json(response, 200, { token });
    if (!authorized(request, authorization)) {
      const challenge =
        authorization === 'basic'
          ? 'Basic realm="double"'
          : `Bearer realm="${url.origin}/token",service="double",scope="repository:${name}:pull"`;
      return response.writeHead(401, { 'www-authenticate': challenge }).end();
    }
    if (url.pathname === '/v2/') return json(response, 200, {});
    const [, repository, kind = '', rest = ''] =
      /^\/v2\/(.+)\/(manifests|blobs)\/(.*)$/.exec(url.pathname) ?? [];
    if (repository !== name) return json(response, 404, { errors: [{ code: 'NAME_UNKNOWN' }] });
    if (kind === 'manifests') return manifests(request, rest, body, response);
    if (rest.startsWith('uploads/'))
      return upload(request, url, rest.slice('uploads/'.length), body, response);
    return send(request, response, store.layers.get(rest), 'application/octet-stream', rest);
  };

  function manifests(
    request: IncomingMessage,
    reference: string,
    body: Buffer,
    response: ServerResponse,
  ): ServerResponse {
    if (request.method === 'PUT') {
      const tag = reference.startsWith('sha256:') ? {} : { imageTag: reference };
      const imageManifestMediaType = request.headers['content-type'];
      const where = { registryId: '', repositoryName: name };
      try {
        store.put({ ...where, imageManifest: body.toString(), imageManifestMediaType, ...tag });
      } catch (error) {
        if (!(error instanceof EcrFault)) throw error;
        if (error.name !== 'ImageAlreadyExistsException')
          return json(response, 400, { errors: [{ code: error.name }] });
      }
      return response.writeHead(201, { 'docker-content-digest': digestOf(body) }).end();
    }
    const digest = store.tags.get(reference) ?? reference;
    const image = store.images.get(digest);
    return send(request, response, image && Buffer.from(image.text), image?.mediaType ?? '', digest);
  }

  function upload(
    request: IncomingMessage,
    url: URL,
    id: string,
    body: Buffer,
    response: ServerResponse,
  ): ServerResponse {
    if (request.method === 'POST') {
      const begun = randomUUID();
      uploads.set(begun, []);
      return response.writeHead(202, { location: `/v2/${name}/blobs/uploads/${begun}` }).end();
    }
    const chunks = uploads.get(id);
    if (!chunks) return json(response, 404, { errors: [{ code: 'BLOB_UPLOAD_UNKNOWN' }] });
    if (body.length > 0) chunks.push(body);
    const digest = url.searchParams.get('digest');
    if (request.method === 'PATCH' || !digest) {
      const end = chunks.reduce((sum, { length }) => sum + length, 0) - 1;
      return response.writeHead(202, { location: url.pathname, range: `0-${end}` }).end();
    }
    const layer = Buffer.concat(chunks);
    uploads.delete(id);
    if (digestOf(layer) !== digest) return json(response, 400, { errors: [{ code: 'DIGEST_INVALID' }] });
    store.layers.set(digest, layer);
    return response
      .writeHead(201, { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest })
      .end();
  }
}

function authorized({ headers }: IncomingMessage, authorization: Authorization): boolean {
  const basic = `Basic ${Buffer.from(distributionCredentials).toString('base64')}`;
  const expected = { none: headers.authorization, basic, bearer: `Bearer ${token}` };
  return headers.authorization === expected[authorization];
}

function send(
  { method }: IncomingMessage,
  response: ServerResponse,
  content: Buffer | undefined,
  type: string,
  digest: string,
): ServerResponse {
  if (!content) return json(response, 404, { errors: [{ code: 'BLOB_UNKNOWN' }] });
  const headers = { 'content-type': type, 'content-length': content.length, 'docker-content-digest': digest };
  return response.writeHead(200, headers).end(method === 'HEAD' ? undefined : content);
}

function json(response: ServerResponse, status: number, value: object): ServerResponse {
  return response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
