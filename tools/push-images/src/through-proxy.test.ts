import { doubleRegistry, type EcrDouble, startEcrDouble } from '@envoy-poc/doubles/ecr';
import { givenKeys, type IdentityDouble, ssoProfile, startIdentityDouble } from '@envoy-poc/doubles/identity';
import {
  type ConnectProxy,
  certificateFor,
  startConnectProxy,
  startTlsFront,
} from '@envoy-poc/doubles/proxy';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type BuiltTool, builtTool } from './testing/built-tool.ts';
import { exampleImage, temporaryFolder } from './testing/fixtures.ts';
import { have, haveCommand } from './testing/needs.ts';
import { pushTo } from './testing/push-fixture.ts';

const { region } = doubleRegistry;
const [ecrHost, ssoHost, registryHost] = [
  `api.ecr.${region}.amazonaws.com`,
  `portal.sso.${region}.amazonaws.com`,
  'registry.example.test',
];
const credentials = 'me:secret';

/** The names are AWS's and lead nowhere on this machine: only the proxy knows where they are. */
describe.runIf(have('openssl', haveCommand('openssl'), 'Certificates are made by openssl.'))(
  'behind a proxy',
  () => {
    let ecr: EcrDouble;
    let identity: IdentityDouble;
    let tool: BuiltTool;
    let proxy: ConnectProxy;
    let base: string;
    let certificates: string;
    const closing = new AsyncDisposableStack();
    beforeAll(async () => {
      ecr = closing.use(await startEcrDouble({ partBytes: 10_000 }));
      identity = closing.use(await startIdentityDouble());
      tool = closing.use(await builtTool(ecr.repositoryUrl));
      const folder = closing.use(await temporaryFolder());
      const certificate = await certificateFor([ecrHost, ssoHost, registryHost], folder.path);
      certificates = certificate.file;
      const ecrFront = closing.use(await startTlsFront(certificate, ecr.endpoint));
      const ssoFront = closing.use(await startTlsFront(certificate, identity.endpoint));
      const places = {
        [ecrHost]: ecrFront.address,
        [registryHost]: ecrFront.address,
        [ssoHost]: ssoFront.address,
      };
      proxy = closing.use(await startConnectProxy(places, credentials));
      await pushTo(ecr, await exampleImage('base'), { tag: 'base' });
      base = `${registryHost}/app@${ecr.store.tags.get('base')}`;
      await tool.writeHome('.aws/config', ssoProfile('team', 'team-sso'));
      await tool.logIn('team-sso', 3600);
      await tool.writeStack('config:\n  aws:profile: team\n');
    });
    afterAll(() => closing.disposeAsync());
    beforeEach(() => {
      proxy.asked.length = 0;
    });

    const proxyUrl = () => proxy.url.replace('//', `//${credentials}@`);

    test.each([
      ['HTTPS_PROXY', 'NODE_EXTRA_CA_CERTS'],
      ['https_proxy', 'AWS_CA_BUNDLE'],
    ])(
      'the built tool asks SSO, ECR and the registry of the base through %s, believing %s',
      async (name, bundle) => {
        const first = ecr.calls.length;
        const cache = `${tool.home}/${name}`;
        const env = { [name]: proxyUrl(), [bundle]: certificates, XDG_CACHE_HOME: cache };
        const run = await tool.run(['--base', base], env);
        expect(run, run.stderr).toMatchObject({
          code: 0,
          stdout: expect.stringContaining('ws-server: sent'),
        });
        const tunnels = [ecrHost, ssoHost, registryHost].map((host) => `CONNECT ${host}:443`);
        expect([...new Set(proxy.asked)].sort()).toEqual(tunnels.sort());
        const keys = new Set(ecr.calls.slice(first).map(({ accessKeyId }) => accessKeyId));
        expect([...keys]).toEqual([givenKeys.GetRoleCredentials]);
      },
    );

    test('what is at loopback, or in NO_PROXY, goes past it', async () => {
      const places = { AWS_ENDPOINT_URL_SSO: identity.endpoint };
      const proxies = { HTTPS_PROXY: proxyUrl(), HTTP_PROXY: proxyUrl() };
      const local = await tool.run(['--endpoint', ecr.endpoint], { ...places, ...proxies });
      expect(local, local.stderr).toMatchObject({ code: 0 });
      const past = await tool.run([], { ...proxies, NO_PROXY: '.amazonaws.com' });
      expect(past.code).toBe(1);
      expect(proxy.asked).toEqual([]);
    });

    test('a place in plain HTTP is asked through HTTP_PROXY', async () => {
      const env = { HTTP_PROXY: proxyUrl(), AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' };
      const plain = ecr.endpoint.split('//')[1] ?? '';
      await using other = await startConnectProxy({ 'ecr.example.test': plain });
      const run = await tool.run(['--endpoint', 'http://ecr.example.test'], {
        ...env,
        HTTP_PROXY: other.url,
      });
      expect(run, run.stderr).toMatchObject({ code: 0 });
      expect([...new Set(other.asked)]).toEqual(['POST http://ecr.example.test/']);
    });

    test.each([
      [
        'that wants other credentials',
        () => proxy.url,
        /by the proxy http:\/\/127\.0\.0\.1:\d+ \(HTTPS_PROXY/,
      ],
      [
        'that is not there',
        () => 'http://me:secret@127.0.0.1:9',
        /by the proxy http:\/\/127\.0\.0\.1:9 \(HTTPS_PROXY/,
      ],
      [
        'of another kind',
        () => 'socks5://me:secret@127.0.0.1:9',
        /HTTPS_PROXY is .*socks5.*unset HTTPS_PROXY/s,
      ],
    ])('a proxy %s is named, without its password', async (_, url, message) => {
      const keys = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' };
      const run = await tool.run([], { HTTPS_PROXY: url(), ...keys });
      expect(run).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(message) });
      expect(run.stderr).not.toMatch(/me:secret|fault of the tool|\n {4}at /);
    });
  },
);
