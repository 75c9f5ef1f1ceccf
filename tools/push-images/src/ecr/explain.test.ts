import { EcrFault, startEcrDouble } from '@envoy-poc/doubles/ecr';
import { expect, test } from 'vitest';
import { targetOf } from '../testing/push-fixture.ts';
import { explainEcrError } from './explain.ts';
import { registryToken } from './token.ts';

test.each([
  ['AccessDeniedException', /AmazonEC2ContainerRegistryPowerUser/],
  ['ExpiredTokenException', /of profile team.*aws sso login --profile team/s],
  ['UnrecognizedClientException', /of profile team.*aws sso login --profile team/s],
  ['RepositoryNotFoundException', /npx nx run registry:deploy/],
  ['KmsException', /key that encrypts the repository/],
  ['LimitExceededException', /quota of the account/],
  ['ThrottlingException', /after 2 tries|end of 2 tries/],
])('%s becomes one message with the next step', async (name, message) => {
  await using double = await startEcrDouble();
  double.faultOf = () => new EcrFault(name, 'said the registry');
  const error = await registryToken(targetOf(double, { maxAttempts: 2 }).client).catch((thrown) =>
    explainEcrError(thrown, 'team'),
  );
  expect(error).toMatchObject({ name: 'PushImagesError', message: expect.stringMatching(message) });
  expect(error).toMatchObject({ message: expect.stringContaining('said the registry') });
});

test('an endpoint that is not there', async () => {
  const double = await startEcrDouble();
  const target = targetOf(double, { maxAttempts: 2 });
  await double[Symbol.asyncDispose]();
  const error = await registryToken(target.client).catch((thrown) => explainEcrError(thrown, 'team'));
  expect(error).toMatchObject({
    code: 'ERR_REGISTRY',
    message: expect.stringMatching(/cannot be reached.*ECONNREFUSED.*--endpoint/s),
  });
});

test('a page in place of an answer, as of a proxy', async () => {
  await using double = await startEcrDouble();
  double.faultOf = () => 'page';
  const error = await registryToken(targetOf(double, { maxAttempts: 1 }).client).catch((thrown) =>
    explainEcrError(thrown, 'team'),
  );
  expect(error).toMatchObject({
    code: 'ERR_REGISTRY',
    message: expect.stringMatching(/is not the ECR API \(HTTP 200\).*page of a proxy/s),
  });
});

test('any other error stays what it is', async () => {
  const bug = new TypeError('a bug');
  expect(await explainEcrError(bug)).toBe(bug);
});
