import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { doubleRegistry, type EcrDouble, EcrFault, startEcrDouble } from '@envoy-poc/doubles/ecr';
import { givenKeys, type IdentityDouble, ssoProfile, startIdentityDouble } from '@envoy-poc/doubles/identity';
import {
  type BuiltTool,
  buildArguments,
  builtTool,
  esbuild,
} from '@envoy-poc/push-images/testing/built-tool';
import { temporaryFolder } from '@envoy-poc/push-images/testing/fixtures';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

const { registryId, region } = doubleRegistry;
const role = `arn:aws:iam::${registryId}:role/deployer`;
const stack = 'config:\n  aws:region: us-east-1\n  aws:profile: team\n';

let ecr: EcrDouble;
let identity: IdentityDouble;
let tool: BuiltTool;
beforeAll(async () => {
  [ecr, identity] = await Promise.all([startEcrDouble({ partBytes: 10_000 }), startIdentityDouble()]);
  tool = await builtTool(ecr.repositoryUrl);
});
afterAll(async () => {
  await Promise.all([ecr, identity, tool].map((each) => each[Symbol.asyncDispose]()));
});

/** A person's files, all the same but for the profile `team`: its settings, or the whole of it. */
async function writeProfile(team: string): Promise<void> {
  const whole = team.startsWith('[') ? team : `[profile team]\nregion = ${region}\n${team}\n`;
  await tool.writeHome('.aws/config', whole);
  await tool.writeHome(
    '.aws/credentials',
    '[keys]\naws_access_key_id = AKIAOFKEYS\naws_secret_access_key = s\n',
  );
  await tool.writeStack(stack);
}

describe('the built tool pushes as', () => {
  beforeEach(() => {
    identity.asked.length = 0;
  });

  /** Pushes, and gives the access keys that calls were signed with. */
  async function keysOf(env: Readonly<Record<string, string>> = {}): Promise<string[]> {
    const first = ecr.calls.length;
    const places = { AWS_ENDPOINT_URL_SSO: identity.endpoint, AWS_ENDPOINT_URL_STS: identity.endpoint };
    const run = await tool.run(['--endpoint', ecr.endpoint], { ...places, ...env });
    expect(run, run.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('ws-server: sent') });
    return [...new Set(ecr.calls.slice(first).map(({ accessKeyId }) => accessKeyId))];
  }

  test('the keys in the profile of the stack, nothing being in the environment', async () => {
    await writeProfile('aws_access_key_id = AKIAOFTEAM\naws_secret_access_key = secret');
    expect(await keysOf()).toEqual(['AKIAOFTEAM']);
  });

  test('what `aws sso login` left for the profile of the stack', async () => {
    await writeProfile(ssoProfile('team', 'team-sso'));
    await tool.logIn('team-sso', 3600);
    expect(await keysOf()).toEqual([givenKeys.GetRoleCredentials]);
    expect(identity.asked).toEqual(['GetRoleCredentials a-token']);
  });

  test('what the command of a profile prints', async () => {
    const printed = '{"Version":1,"AccessKeyId":"AKIAOFCOMMAND","SecretAccessKey":"secret"}';
    await tool.writeHome('credentials.sh', `#!/bin/sh\necho '${printed}'\n`);
    await writeProfile('credential_process = sh -c "$HOME/credentials.sh"');
    expect(await keysOf()).toEqual(['AKIAOFCOMMAND']);
  });

  test('a role that the profile takes by the keys of another', async () => {
    await writeProfile(`role_arn = ${role}\nsource_profile = keys`);
    expect(await keysOf()).toEqual([givenKeys.AssumeRole]);
    expect(identity.asked).toEqual([`AssumeRole ${role}`]);
  });

  test('the role of CI, by its token, whatever profile the stack names', async () => {
    await writeProfile('');
    await tool.writeHome('token', 'a-token-of-ci');
    const ci = { AWS_WEB_IDENTITY_TOKEN_FILE: join(tool.home, 'token'), AWS_ROLE_ARN: role };
    expect(await keysOf(ci)).toEqual([givenKeys.AssumeRoleWithWebIdentity]);
    expect(identity.asked).toEqual([`AssumeRoleWithWebIdentity ${role} a-token-of-ci`]);
  });

  test('keys in the environment, whatever profile the stack names', async () => {
    await writeProfile('');
    const keys = { AWS_ACCESS_KEY_ID: 'AKIAOFENV', AWS_SECRET_ACCESS_KEY: 'secret' };
    expect(await keysOf(keys)).toEqual(['AKIAOFENV']);
  });
});

describe('the built tool says how to log in', () => {
  test.each([
    ['when nobody has', async () => writeProfile(ssoProfile('team', 'never'))],
    [
      'when that was too long ago',
      async () => writeProfile(ssoProfile('team', 'team-sso')).then(() => tool.logIn('team-sso', -3600)),
    ],
    ['when the profile is not on this machine', async () => tool.writeHome('.aws/config', '')],
  ])('%s', async (_, prepare) => {
    await prepare();
    const calls = ecr.calls.length;
    const run = await tool.run(['--endpoint', ecr.endpoint]);
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toContain('aws sso login --profile team');
    expect(run.stderr).not.toMatch(/fault of the tool|\n {4}at /);
    expect(ecr.calls).toHaveLength(calls);
  });
});

describe('the built tool says what to do instead', () => {
  const tokenOfCi = { AWS_WEB_IDENTITY_TOKEN_FILE: '/no/such/token', AWS_ROLE_ARN: role };
  const keysOfCi = { CI: 'true', AWS_ACCESS_KEY_ID: 'ASIAOFCI', AWS_SECRET_ACCESS_KEY: 'secret' };
  const token = 'web_identity_token_file = /no/such/token';

  afterEach(() => {
    ecr.faultOf = () => undefined;
  });

  test.each([
    [
      'where the SSO session of the profile is in no file',
      'sso_session = gone\nsso_account_id = 123456789012\nsso_role_name = a',
      {},
      /aws configure sso --profile team/,
    ],
    [
      'where the token of the profile is no file',
      `role_arn = ${role}\n${token}`,
      {},
      /renew \/no\/such\/token/,
    ],
    ['where the token of CI is no file', '', tokenOfCi, /start the job anew.*trust policy of arn:aws:iam/],
    ['where the session of CI is over', '', keysOfCi, /start the job anew.*role-duration-seconds/],
  ])('%s', async (_, profile, env, nextStep) => {
    await writeProfile(profile);
    ecr.faultOf = () => new EcrFault('ExpiredTokenException', 'it is over');
    const run = await tool.run(['--endpoint', ecr.endpoint], env);
    expect(run).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(nextStep) });
    expect(run.stderr).toContain('AWS does not accept the credentials');
    expect(run.stderr).not.toMatch(/aws sso login|fault of the tool|\n {4}at /);
  });

  test('where STS does not let the role be taken', async () => {
    await writeProfile(`role_arn = ${role}\nsource_profile = keys`);
    const refusing = createServer((_, response) => {
      const error = '<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error>';
      response.writeHead(403, { 'content-type': 'text/xml' }).end(`<ErrorResponse>${error}</ErrorResponse>`);
    }).listen(0, '127.0.0.1');
    await once(refusing, 'listening');
    const sts = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`;
    const run = await tool.run(['--endpoint', ecr.endpoint], { AWS_ENDPOINT_URL_STS: sts });
    expect(run).toMatchObject({ code: 1, stderr: expect.stringMatching(/trust policy.*profile team/) });
    expect(run.stderr).not.toMatch(/sso login|PowerUser|fault of the tool/);
    refusing.close();
    refusing.closeAllConnections();
  });
});

test('the built tool without any credentials says where it looked and how to log in', async () => {
  await Promise.all([tool.writeHome('.aws/config', ''), tool.writeHome('.aws/credentials', '')]);
  await tool.writeStack('config:\n  aws:region: us-east-1\n');
  const run = await tool.run(['--endpoint', ecr.endpoint], { AWS_EC2_METADATA_DISABLED: 'true' });
  expect(run).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('aws sso login') });
  expect(run.stderr).toContain('AWS_PROFILE is not set');
  expect(run.stderr).not.toMatch(/fault of the tool|\n {4}at /);
});

test('no dynamic import in the bundle is of a CommonJS package, of which it would have only `default`', async () => {
  await using folder = await temporaryFolder();
  const meta = join(folder.path, 'meta.json');
  await esbuild([...(await buildArguments(folder.path)), `--metafile=${meta}`]);
  const { inputs } = (await import(meta, { with: { type: 'json' } })).default as Metafile;
  const dynamic = Object.entries(inputs).flatMap(([file, { imports }]) =>
    imports
      .filter(({ kind, external }) => kind === 'dynamic-import' && !external)
      .map(({ path }) => ({ file, path, format: inputs[path]?.format })),
  );
  expect(dynamic.length).toBeGreaterThan(5);
  expect(dynamic.filter(({ format }) => format !== 'esm')).toEqual([]);
});

/** What esbuild says of a bundle: https://esbuild.github.io/api/#metafile. */
interface Metafile {
  readonly inputs: Record<
    string,
    {
      readonly format?: 'cjs' | 'esm';
      readonly imports: readonly {
        readonly path: string;
        readonly kind: string;
        readonly external?: boolean;
      }[];
    }
  >;
}
