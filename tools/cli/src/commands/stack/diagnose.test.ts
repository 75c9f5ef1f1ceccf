import { expect, test } from 'vitest';
import { diagnose } from './diagnose.ts';

const target = { layer: 'network', stack: 'dev', folder: '' } as const;
const say = (output: string, verb: Parameters<typeof diagnose>[1] = 'deploy', error?: string) =>
  diagnose(output, verb, target, { profile: 'our-profile', error: error ?? output });

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
    'error: could not create stack: blob (key ".pulumi/locks/organization/network/dev/1.json") (code=PermissionDenied): ' +
      'operation error S3: PutObject, https response error StatusCode: 403, api error AccessDenied: Access Denied',
    /the stack dev of network is not there yet, and you may only read where the state is.*npx nx run network:deploy --stack dev/,
  ],
  [
    "error: creating EC2 Subnet: InvalidSubnet.Conflict: The CIDR '10.64.0.0/19' conflicts with another subnet",
    /in the way .*InvalidSubnet\.Conflict.*network:destroy --stack dev, then npx nx run network:deploy --stack dev/,
  ],
  [
    'error: creating EC2 NAT Gateway: Resource.AlreadyAssociated: Elastic IP address [eipalloc-1] is already associated',
    /in the way .*set it back as it was/,
  ],
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

test('a name that is taken is told with two next steps, and with no command that deletes what lives', () => {
  const error =
    'envoy_poc_eks_log_group: ResourceAlreadyExistsException: The specified log group already exists';
  const sentence = say(`error: ${error}`, 'deploy', error);
  expect(sentence).toMatch(/^envoy_poc_eks_log_group: ResourceAlreadyExistsException/);
  expect(sentence).toContain(
    "another stack's, this one must be called otherwise: npx envoy-poc doctor --offline --stack dev says how",
  );
  expect(sentence).toContain('an earlier run of this stack left it: npx envoy-poc cleanup --stack dev');
  expect(sentence).not.toMatch(/delete/);
});

test('what Pulumi says well enough is left to it', () => {
  expect(say('error: vpcCidr must be a range')).toBeUndefined();
});
