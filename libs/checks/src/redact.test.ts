import { expect, test } from 'vitest';
import { redactor } from './redact.ts';

const redact = redactor({ AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI', PULUMI_CONFIG_PASSPHRASE: '' });

test.each([
  ['a variable', 'key wJalrXUtnFEMI here'],
  ['an access key id', 'key ASIAIOSFODNN7EXAMPLE here'],
  ['a token for EKS', 'key k8s-aws-v1.aHR0cHM6Ly9zdHM here'],
  ['a bearer token', 'Authorization: Bearer abc.def'],
  ['a signed URL', 'https://b.s3.amazonaws.com/o?X-Amz-Signature=0123abc&x=1'],
])('%s is hidden', (_, text) => {
  const shown = redact(text);
  expect(shown).toContain('[hidden]');
  expect(shown).not.toMatch(/wJalr|ASIAIO|aHR0c|abc/);
});

test('a private key is hidden, and what is none stays', () => {
  expect(redact('-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----')).toBe('[hidden]');
  expect(redact('profile set-cfndev-ina-a, account 123456789012')).toBe(
    'profile set-cfndev-ina-a, account 123456789012',
  );
});
