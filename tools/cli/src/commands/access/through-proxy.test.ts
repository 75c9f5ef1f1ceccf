import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { haveOpenssl } from '@envoy-poc/doubles/cluster';
import { givenKeys, ssoProfile, ssoToken, startIdentityDouble } from '@envoy-poc/doubles/identity';
import { certificateFor, startConnectProxy, startTlsFront } from '@envoy-poc/doubles/proxy';
import { have } from '@envoy-poc/testing';
import { expect, test } from 'vitest';
import { checksById } from '#runtime/testing';

const ssoHost = 'portal.sso.us-east-1.amazonaws.com';
const stsHost = 'sts.us-east-1.amazonaws.com';
const main = join(import.meta.dirname, '../../../bin/envoy-poc.mjs');

// All tools that check make their clients of the SDK in the same place.
test.runIf(have('openssl', haveOpenssl(), 'Certificates are made by openssl.'))(
  'a person behind a proxy, with nothing but an SSO session: credentials come through it',
  async () => {
    await using closing = new AsyncDisposableStack();
    const home = await mkdtemp(join(tmpdir(), 'access-home-'));
    closing.defer(() => rm(home, { recursive: true }));
    const { path, content } = ssoToken('team-sso', 3600);
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), content);
    await writeFile(join(home, '.aws/config'), ssoProfile('team', 'team-sso'));
    const certificate = await certificateFor([ssoHost, stsHost], home);
    const identity = closing.use(await startIdentityDouble());
    const front = closing.use(await startTlsFront(certificate, identity.endpoint));
    const sts = createServer(({ headers }, response) => {
      const [, key] = /Credential=(\w+)/.exec(headers.authorization ?? '') ?? [];
      const result = `<GetCallerIdentityResult><Arn>${key}</Arn></GetCallerIdentityResult>`;
      response.setHeader('content-type', 'text/xml');
      response.end(`<GetCallerIdentityResponse>${result}</GetCallerIdentityResponse>`);
    }).listen(0, '127.0.0.1');
    closing.defer(() => void sts.close());
    await once(sts, 'listening');
    const { port } = sts.address() as AddressInfo;
    const stsFront = closing.use(await startTlsFront(certificate, `http://127.0.0.1:${port}`));
    const places = { [ssoHost]: front.address, [stsHost]: stsFront.address };
    const proxy = closing.use(await startConnectProxy(places));

    const env = {
      PATH: process.env.PATH,
      HOME: home,
      AWS_PROFILE: 'team',
      HTTPS_PROXY: proxy.url,
      NODE_EXTRA_CA_CERTS: certificate.file,
    };
    // What comes after the identity has nobody here to answer it.
    const words = [main, 'access', '--json', '--profile', 'team'];
    const { stdout } = await promisify(execFile)(process.execPath, words, { env }).catch((error) => error);
    const { seen } = checksById({ code: 1, stdout, stderr: '' });
    expect(seen.identity, stdout).toBe(`pass ${givenKeys.GetRoleCredentials}`);
    expect(proxy.asked.slice(0, 2)).toEqual([`CONNECT ${ssoHost}:443`, `CONNECT ${stsHost}:443`]);
  },
);
