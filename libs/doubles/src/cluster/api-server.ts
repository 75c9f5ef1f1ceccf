import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { haveCommand } from '@envoy-poc/testing';
import { onTestFinished } from 'vitest';

/** As it is before a test sets a machine up. */
const { PATH } = process.env;

/** Certificates are made by it. */
export const haveOpenssl = () => haveCommand('openssl');

/** What an API server is like. */
export interface ApiServerOptions {
  /** The user of a token; undefined: nobody's. */
  readonly userOf: (token: string) => string | undefined;
  /** Whether somebody may; by `verb resource[/subresource]` and the namespace. */
  readonly may?: (right: string, namespace: string | undefined) => boolean;
}

export interface ApiServer {
  readonly endpoint: string;
  /** PEM in base64. */
  readonly certificateAuthority: string;
  /** The tokens it was sent. */
  readonly tokens: Set<string>;
}

/** A certificate for 127.0.0.1 that is its own authority. */
export function certificate(): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'access-certificate-'));
  try {
    const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test';
    const files = ['-keyout', join(folder, 'key'), '-out', join(folder, 'cert')];
    execFileSync('openssl', [...words.split(' '), '-addext', 'subjectAltName=IP:127.0.0.1', ...files], {
      stdio: 'ignore',
      env: { ...process.env, PATH },
    });
    return {
      key: readFileSync(join(folder, 'key'), 'utf8'),
      cert: readFileSync(join(folder, 'cert'), 'utf8'),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Review {
  spec?: { resourceAttributes: { verb: string; resource: string; subresource?: string; namespace?: string } };
  status?: object;
}

/** An API server that knows who somebody is and what they may, and nothing else. */
export async function apiServer({ userOf, may = () => true }: ApiServerOptions): Promise<ApiServer> {
  const { key, cert } = certificate();
  const tokens = new Set<string>();
  const server = createServer({ key, cert }, async (request, response) => {
    const token = request.headers.authorization?.replace('Bearer ', '');
    if (token !== undefined) tokens.add(token);
    const user = token === undefined ? undefined : userOf(token);
    const body = await text(request);
    const answer = (code: number, content: object) => {
      response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(content));
    };
    if (user === undefined) return answer(401, { kind: 'Status', code: 401 });
    const review = JSON.parse(body) as Review;
    if (request.url?.endsWith('/selfsubjectreviews')) {
      return answer(201, { ...review, status: { userInfo: { username: user } } });
    }
    const { verb = '', resource = '', subresource, namespace } = review.spec?.resourceAttributes ?? {};
    const right = `${verb} ${resource}${subresource ? `/${subresource}` : ''}`;
    return answer(201, { ...review, status: { allowed: may(right, namespace) } });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    endpoint: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    certificateAuthority: Buffer.from(cert).toString('base64'),
    tokens,
  };
}
