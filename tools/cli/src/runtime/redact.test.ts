import { expect, test } from 'vitest';
import { redactor } from './redact.ts';

const env = {
  AWS_ACCESS_KEY_ID: 'ASIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  AWS_SESSION_TOKEN: 'IQoJb3JpZ2luX2VjEBEaCXVzLWVhc3QtMSJHMEUCIQ==',
  PULUMI_CONFIG_PASSPHRASE: 'correct horse battery staple',
  PULUMI_ACCESS_TOKEN: 'a-token-of-no-known-shape',
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner-request-0123',
  LONGER_TOKEN: 'runner-request-0123-and-more',
  HOME: '/home/somebody',
  EMPTY_TOKEN: '',
  FLAG_TOKEN: 'true',
};
const redact = redactor(env);
const jwt = 'eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl';
const signature = '0123456789abcdef'.repeat(4);

test.each<[what: string, text: string, secret: string]>([
  ...Object.entries(env)
    .slice(0, 7)
    .map(([name, value]): [string, string, string] => [name, `it is ${value} here`, value]),
  ['an access key id of somebody else', 'key AKIAI44QH8DHBEXAMPLE here', 'AKIAI44QH8DHBEXAMPLE'],
  ['a token for EKS', 'key k8s-aws-v1.aHR0cHM6Ly9zdHM_- here', 'aHR0cHM6Ly9zdHM_-'],
  ['a token of Pulumi Cloud', `pul-${'0123456789'.repeat(4)}`, '0123456789'],
  ['a token of GitHub', `ghs_${'a1B2'.repeat(9)}`, 'a1B2'],
  ['a token of a service account', `token ${jwt} is over`, 'eyJpc3'],
  ['a bearer token', 'Authorization: Bearer abc.def-0123', 'abc.def'],
  ['a login to a registry', 'Authorization: Basic QVdTOnNlY3JldA==', 'QVdTOnNlY3JldA'],
  ['a signed URL', 'https://b.s3.amazonaws.com/o?X-Amz-Signature=0123abc&x=1', '0123abc'],
  ['a refused signature', `Credential=x, SignedHeaders=host, Signature=${signature}`, signature],
  [
    'the request that AWS repeats',
    "x-amz-security-token:FwoGZXIvYXdzEXAMPLE\n\nhost'",
    'FwoGZXIvYXdzEXAMPLE',
  ],
  ['the password of a proxy', 'proxy http://me:hunter22@proxy.example:3128 refused', 'hunter22'],
  ['a credentials file', 'aws_secret_access_key = abc/DEF+ghi0123456789', 'abc/DEF'],
  ["a command's JSON", '{"SecretAccessKey": "abc/DEF+ghi", "Expiration": "x"}', 'abc/DEF'],
  ['the cache of SSO', '{"accessToken":"aoaAAAAAGZ","refreshToken":"aorAAAAAGZ"}', 'aoaAAAAAGZ'],
  ['a kubeconfig', 'client-key-data: LS0tLS1CRUdJTiBSU0EgUFJJ', 'LS0tLS1CRUdJTiBSU0EgUFJJ'],
  ['a passphrase that is set', 'export PULUMI_CONFIG_PASSPHRASE=other-passphrase', 'other-passphrase'],
  ['a private key', '-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----', 'MIIEow'],
  ['a private key that is cut off', '-----BEGIN PRIVATE KEY-----\nMIIEow', 'MIIEow'],
])('%s is hidden', (_, text, secret) => {
  expect(text).toContain(secret);
  const shown = redact(text);
  expect(shown).toContain('[hidden]');
  expect(shown).not.toContain(secret);
});

test('one that begins with another is hidden to its end', () => {
  expect(redact('runner-request-0123-and-more')).toBe('[hidden]');
});

test.each([
  'profile set-cfndev-ina-a, account 123456789012, /home/somebody, true',
  'export PULUMI_CONFIG_PASSPHRASE=… (or PULUMI_CONFIG_PASSPHRASE_FILE)',
  `123456789012.dkr.ecr.us-east-1.amazonaws.com/app@sha256:${signature}`,
  'k8s-envoypoc-1234567890.us-east-1.elb.amazonaws.com is active, 3 of 3 targets are healthy',
  'https://0123456789ABCDEF.gr7.us-east-1.eks.amazonaws.com does not let you see pods (403)',
  's3://cfndev-envoy-proxy-poc-pulumi-state/envoy-poc?region=us-east-1&profile=set-cfndev-ina-a',
])('what is no secret stays: %s', (text) => {
  expect(redact(text)).toBe(text);
});
