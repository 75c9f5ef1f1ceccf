import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** What an account has. */
export interface Account {
  /** Who asks. */
  readonly callerArn: string;
  /** The caller's role; left out: may not be asked. */
  readonly roleArn?: string;
  readonly cluster: {
    readonly name: string;
    readonly arn: string;
    readonly endpoint: string;
    readonly certificateAuthority: string;
  };
  readonly accessEntries?: readonly string[];
}

/** The URL of an endpoint that speaks STS, IAM and EKS as far as access asks them, for the SDK and the AWS CLI alike. */
export async function awsEndpoint({
  callerArn,
  roleArn,
  cluster,
  accessEntries = [],
}: Account): Promise<string> {
  const { name, arn, endpoint, certificateAuthority } = cluster;
  const paths: Record<string, object> = {
    [`/clusters/${name}`]: {
      cluster: {
        name,
        arn,
        endpoint,
        status: 'ACTIVE',
        certificateAuthority: { data: certificateAuthority },
      },
    },
    [`/clusters/${name}/access-entries`]: { accessEntries },
  };
  const actions: Record<string, string | undefined> = {
    GetCallerIdentity: `<Arn>${callerArn}</Arn><Account>${arn.split(':')[4]}</Account>`,
    GetRole: roleArn && `<Role><Arn>${roleArn}</Arn></Role>`,
  };
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '', 'http://aws').pathname;
    const action = new URLSearchParams(await text(request)).get('Action') ?? '';
    const result = actions[action];
    if (paths[path]) {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(paths[path]));
    } else if (result) {
      response.setHeader('content-type', 'text/xml');
      response.end(`<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`);
    } else {
      const error =
        '<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>';
      response.writeHead(403, { 'content-type': 'text/xml' }).end(error);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
