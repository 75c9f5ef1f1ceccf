import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** AWS's places that give out temporary keys: the portal of IAM Identity Center (SSO), and STS. */
export interface IdentityDouble extends AsyncDisposable {
  readonly endpoint: string;
  /** What was asked, each as `GetRoleCredentials` or `AssumeRole`, with what it was asked by. */
  readonly asked: string[];
}

/** The access key that each of them gives. */
export const givenKeys = {
  GetRoleCredentials: 'ASIAOFSSO',
  AssumeRole: 'ASIAOFROLE',
  AssumeRoleWithWebIdentity: 'ASIAOFCI',
} as const;

/** Starts a double on a free port of 127.0.0.1. */
export async function startIdentityDouble(): Promise<IdentityDouble> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const answered = request.url?.startsWith('/federation/credentials') ? portal : sts;
    answered(request, response).then(
      (what) => asked.push(what),
      (error) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const inAnHour = () => new Date(Date.now() + 3600_000);

/** https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html */
async function portal(request: IncomingMessage, response: ServerResponse): Promise<string> {
  const token = request.headers['x-amz-sso_bearer_token'];
  const roleCredentials = {
    accessKeyId: givenKeys.GetRoleCredentials,
    secretAccessKey: 'secret',
    sessionToken: 'session',
    expiration: inAnHour().getTime(),
  };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ roleCredentials }));
  return `GetRoleCredentials ${token}`;
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html, and the same with a token of CI's. */
async function sts(request: IncomingMessage, response: ServerResponse): Promise<string> {
  const form = new URLSearchParams(await text(request));
  const action = form.get('Action') as 'AssumeRole' | 'AssumeRoleWithWebIdentity';
  const credentials =
    `<AccessKeyId>${givenKeys[action]}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>` +
    `<SessionToken>session</SessionToken><Expiration>${inAnHour().toISOString()}</Expiration>`;
  response
    .writeHead(200, { 'content-type': 'text/xml' })
    .end(
      `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>` +
        `<Credentials>${credentials}</Credentials></${action}Result></${action}Response>`,
    );
  return `${action} ${form.get('RoleArn')} ${form.get('WebIdentityToken') ?? ''}`.trim();
}
