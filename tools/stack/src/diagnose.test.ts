import { expect, test } from 'vitest';
import { diagnose } from './diagnose.ts';

const target = { layer: 'network', stack: 'dev', folder: '' } as const;
const say = (output: string, verb: Parameters<typeof diagnose>[1] = 'deploy') =>
  diagnose(output, verb, target, 'our-profile');

test.each([
  [
    'error: get stack secrets manager: incorrect passphrase',
    /PULUMI_CONFIG_PASSPHRASE is not the passphrase/,
  ],
  [
    'unable to open bucket s3://b: failed to get shared config profile, x',
    /aws configure sso --profile our-profile/,
  ],
  ['the SSO session has expired or is invalid', /aws sso login --profile our-profile/],
  [
    'operation error STS: get identity: get credentials: failed to refresh cached credentials',
    /aws sso login/,
  ],
  ['error: the stack is currently locked by 1 lock(s)', /pulumi cancel --stack dev/],
  ['error: unable to open bucket s3://b: NoSuchBucket', /set PULUMI_BACKEND_URL/],
  ["error: no stack named 'dev' found", /never deployed: npx nx run network:deploy --stack dev/],
  [
    'the current deployment has 1 resource(s) with pending operations',
    /npx nx run network:refresh --stack dev/,
  ],
])('%s', (output, sentence) => {
  expect(say(output)).toMatch(sentence);
});

test('drift says how to put it back and how to take it over', () => {
  expect(say('error: no changes were expected but changes were proposed', 'drift')).toMatch(
    /network:deploy --stack dev; to take it over: npx nx run network:refresh/,
  );
});

test('what Pulumi says well enough is left to it', () => {
  expect(say('error: vpcCidr must be a range')).toBeUndefined();
});
