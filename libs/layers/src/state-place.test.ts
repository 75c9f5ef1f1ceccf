import { expect, test } from 'vitest';
import { elsewhere, statePlaceOf } from './state-place.ts';

const own = 's3://bucket/envoy-poc?awssdk=v2&profile=sso';
const project = { backend: { url: own } };

test('the state is where the project says', () => {
  expect(statePlaceOf(project, {})).toEqual({ url: own });
  expect(elsewhere(statePlaceOf(project, {}))).toBeUndefined();
});

test('the same place by other parameters, as in CI, is the same place', () => {
  const url = 's3://bucket/envoy-poc/?awssdk=v2';
  expect(statePlaceOf(project, { PULUMI_BACKEND_URL: url })).toEqual({ url });
});

test.each(['file:///tmp/state', 's3://bucket/other', 's3://other/envoy-poc'])(
  '%s is another place',
  (url) => {
    const place = statePlaceOf(project, { PULUMI_BACKEND_URL: url });
    expect(place).toEqual({ url, insteadOf: own });
    expect(elsewhere(place)).toContain(
      `puts the state in ${url}, and this project's is in s3://bucket/envoy-poc:`,
    );
  },
);

test('a project that names no place has no other one', () => {
  expect(statePlaceOf({}, { PULUMI_BACKEND_URL: 'file:///tmp/state' })).toEqual({ url: 'file:///tmp/state' });
  expect(statePlaceOf({}, {})).toEqual({ url: undefined });
});
