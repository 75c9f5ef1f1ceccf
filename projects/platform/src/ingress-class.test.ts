import { expect, test } from 'vitest';
import { isWorthRetry } from './ingress-class.ts';

const down =
  'Internal error occurred: failed calling webhook "vingressclassparams.elbv2.k8s.aws": failed to call webhook: ' +
  'no endpoints available for service "aws-load-balancer-webhook-service"';

test('a webhook that cannot be asked yet is asked again, but not for ever', () => {
  expect(isWorthRetry([down])).toBe(true);
  expect(isWorthRetry(Array(25).fill(down))).toBe(false);
});

test('a no is a no', () => {
  expect(isWorthRetry(['admission webhook "vingressclassparams.elbv2.k8s.aws" denied the request'])).toBe(
    false,
  );
  expect(isWorthRetry(['no matches for kind "IngressClassParams"', down])).toBe(false);
  expect(isWorthRetry([])).toBe(false);
});
