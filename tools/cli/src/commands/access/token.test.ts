import { execFile } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { promisify } from 'node:util';
import { haveCommand } from '@envoy-poc/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { machineOf, keys as nobody } from './testing/workspace.ts';
import { clusterToken, execCredential } from './token.ts';

const now = new Date('2026-11-25T15:00:00.123Z');

const keys = { AWS_ACCESS_KEY_ID: nobody.id, AWS_SECRET_ACCESS_KEY: nobody.secret };
const withSession = { ...keys, AWS_SESSION_TOKEN: 'IQoJb3JpZ2luX2VjE+/=example' };

afterEach(() => vi.unstubAllEnvs());

const urlOf = (token: string) =>
  new URL(Buffer.from(token.replace('k8s-aws-v1.', ''), 'base64url').toString());

/**
 * The signature of a URL by the documented steps
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
 */
function signatureOf(url: URL, secret: string, clusterName: string): string {
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const query = [...url.searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const headers = `host:${url.host}\nx-k8s-aws-id:${clusterName}\n`;
  const request = `GET\n/\n${query}\n${headers}\nhost;x-k8s-aws-id\n${hash('')}`;
  const date = url.searchParams.get('X-Amz-Date') ?? '';
  const scope = (url.searchParams.get('X-Amz-Credential') ?? '').split('/').slice(1);
  const text = ['AWS4-HMAC-SHA256', date, scope.join('/'), hash(request)].join('\n');
  const hmac = (key: string | Buffer, words: string) => createHmac('sha256', key).update(words).digest();
  return hmac(scope.reduce<string | Buffer>(hmac, `AWS4${secret}`), text).toString('hex');
}

describe.each([
  ['long-lived keys', keys],
  ['keys of a session', withSession],
])('with %s', (_, env) => {
  test('a token is a signed question of who the caller is, for one cluster', async () => {
    await machineOf({ env });
    const { token, expires } = await clusterToken(
      { region: 'eu-west-1', profile: undefined },
      'envoy-poc',
      now,
    );
    expect(token).toMatch(/^k8s-aws-v1\.[\w-]+$/);
    const url = urlOf(token);
    expect(url.origin + url.pathname).toBe('https://sts.eu-west-1.amazonaws.com/');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      Action: 'GetCallerIdentity',
      Version: '2011-06-15',
      'X-Amz-Expires': '60',
      'X-Amz-Date': '20261125T150000Z',
      'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
      'X-Amz-Credential': 'AKIAIOSFODNN7EXAMPLE/20261125/eu-west-1/sts/aws4_request',
    });
    const signature = url.searchParams.get('X-Amz-Signature');
    expect(signature).toBe(signatureOf(url, keys.AWS_SECRET_ACCESS_KEY, 'envoy-poc'));
    expect(signature).not.toBe(signatureOf(url, keys.AWS_SECRET_ACCESS_KEY, 'another'));
    expect(expires.toISOString()).toBe('2026-11-25T15:14:00.123Z');
  });

  test.runIf(haveCommand('aws', 'Install the AWS CLI, for example: pip install awscli'))(
    'a token is the one of the AWS CLI for the same second',
    { timeout: 120_000 },
    async () => {
      const path = process.env.PATH ?? '';
      await machineOf({ env: { ...env, AWS_STS_REGIONAL_ENDPOINTS: 'regional', PATH: path } });
      for (const region of ['eu-west-1', 'us-east-1', 'cn-north-1']) {
        const words = [
          'eks',
          'get-token',
          '--cluster-name',
          'envoy-poc',
          '--region',
          region,
          '--output',
          'json',
        ];
        const { stdout } = await promisify(execFile)('aws', words);
        const theirs = urlOf(JSON.parse(stdout).status.token);
        const date = theirs.searchParams.get('X-Amz-Date') ?? '';
        const at = new Date(date.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));
        const { token } = await clusterToken({ region, profile: undefined }, 'envoy-poc', at);
        const ours = urlOf(token);
        expect(ours.host).toBe(theirs.host);
        expect(Object.fromEntries(ours.searchParams)).toEqual(Object.fromEntries(theirs.searchParams));
      }
    },
  );
});

test('what kubectl gets is in the version it asks for', () => {
  const credential = (info?: string) => JSON.parse(execCredential({ token: 't', expires: now }, info));
  expect(credential()).toEqual({
    kind: 'ExecCredential',
    apiVersion: 'client.authentication.k8s.io/v1beta1',
    spec: {},
    status: { token: 't', expirationTimestamp: '2026-11-25T15:00:00Z' },
  });
  const info = '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{}}';
  expect(credential(info).apiVersion).toBe('client.authentication.k8s.io/v1');
  expect(credential('rubbish').apiVersion).toBe('client.authentication.k8s.io/v1beta1');
});

test('without credentials, one sentence and no token', async () => {
  const machine = await machineOf({ env: { AWS_EC2_METADATA_DISABLED: 'true' } });
  const { code, stdout, stderr } = await machine.run('token', '--cluster-name', 'x', '--region', 'us-east-1');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/AWS does not take the credentials: .*\n→ aws sso login, or set AWS_PROFILE\n$/);
});
