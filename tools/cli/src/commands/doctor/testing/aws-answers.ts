import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An account that answers doctor's first questions as AWS does. */
export interface Account {
  /** Where the state's bucket stands; undefined: it is not for this caller. */
  readonly bucketRegion?: string;
  /** How far AWS's clock is ahead of this machine's, in minutes. */
  readonly minutesAhead?: number;
}

const arn = 'arn:aws:sts::123456789012:assumed-role/engineer/me';
const identity = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>${arn}</Arn><UserId>U</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;
const expired = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>SignatureDoesNotMatch</Code><Message>Signature expired: 20261128T120000Z is now earlier than 20261128T121500Z</Message></Error></ErrorResponse>`;

/** Serves it on a port of its own until `close`. */
export async function serveAccount(account: Account) {
  const server = createServer((request, response) => {
    const now = Date.now() + (account.minutesAhead ?? 0) * 60_000;
    response.setHeader('date', new Date(now).toUTCString());
    request.resume().once('end', () => answer(request, response, account, now));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

function answer(request: IncomingMessage, response: ServerResponse, account: Account, now: number): void {
  const { authorization = '', 'x-amz-date': signed = '' } = request.headers;
  if (Math.abs(signedAt(String(signed)) - now) > 5 * 60_000) {
    response.writeHead(403, { 'content-type': 'text/xml' }).end(expired);
  } else if (request.method === 'POST') {
    response.writeHead(200, { 'content-type': 'text/xml' }).end(identity);
  } else if (request.method === 'HEAD' && account.bucketRegion === undefined) {
    response.writeHead(403).end();
  } else if (request.method === 'HEAD') {
    const asked = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(authorization)?.[1];
    const status = asked === account.bucketRegion ? 200 : 301;
    response.writeHead(status, { 'x-amz-bucket-region': account.bucketRegion }).end();
  } else response.writeHead(404).end();
}

/** The moment of an `x-amz-date`, such as 20261128T120000Z, in milliseconds. */
function signedAt(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}
