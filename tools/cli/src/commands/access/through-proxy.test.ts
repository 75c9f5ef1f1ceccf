import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import {
  certificateFor,
  givenKeys,
  ssoProfile,
  ssoToken,
  startConnectProxy,
  startIdentityDouble,
  startTlsFront,
} from '@envoy-poc/proxy/testing';
import { have } from '@envoy-poc/testing';
import { expect, test } from 'vitest';
import { haveOpenssl } from './testing/api-server.ts';

const ssoHost = 'portal.sso.us-east-1.amazonaws.com';
const main = join(import.meta.dirname, '../../main.ts');

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
    const certificate = await certificateFor([ssoHost], home);
    const identity = closing.use(await startIdentityDouble());
    const front = closing.use(await startTlsFront(certificate, identity.endpoint));
    const proxy = closing.use(await startConnectProxy({ [ssoHost]: front.address }));

    const env = {
      PATH: process.env.PATH,
      HOME: home,
      AWS_PROFILE: 'team',
      HTTPS_PROXY: proxy.url,
      NODE_EXTRA_CA_CERTS: certificate.file,
    };
    const words = [main, 'access', 'token', '--cluster-name', 'envoy-poc', '--region', 'us-east-1'];
    const { stdout } = await promisify(execFile)(process.execPath, words, { env });
    const url = Buffer.from(JSON.parse(stdout).status.token.split('.')[1], 'base64url').toString();
    expect(url).toContain(`X-Amz-Credential=${givenKeys.GetRoleCredentials}`);
    expect(proxy.asked).toEqual([`CONNECT ${ssoHost}:443`]);
  },
);
