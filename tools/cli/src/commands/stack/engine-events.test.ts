import { expect, test } from 'vitest';
import { errorOf, readEngineRun } from './engine-events.ts';

const lines = (...events: object[]) => events.map((event) => JSON.stringify(event)).join('\n');
const summary = (resourceChanges: Record<string, number> | undefined, isPreview = false) => ({
  summaryEvent: { isPreview, ...(resourceChanges && { resourceChanges }) },
});
const says = (severity: string, message: string, resource?: string) => ({
  diagnosticEvent: { severity, message, ...(resource && { urn: `urn:pulumi:dev::cluster::${resource}` }) },
});
const stack = 'pulumi:pulumi:Stack::cluster-dev';

test('counts what an update did, not what its preview announced', () => {
  const log = lines(
    summary({ create: 2 }, true),
    summary({ create: 2, update: 1, delete: 3, replace: 1, same: 12 }),
  );
  expect(readEngineRun(log).changes).toEqual({
    created: 2,
    updated: 1,
    deleted: 3,
    replaced: 1,
    unchanged: 12,
  });
});

test('a preview alone: what would be done', () => {
  expect(readEngineRun(lines(summary({ create: 2, same: 1 }, true))).changes).toEqual({
    'to create': 2,
    unchanged: 1,
  });
});

test('a run without changes', () => {
  expect(readEngineRun(lines(summary({ same: 41 }))).changes).toEqual({ unchanged: 41 });
});

test('an empty stack, and a log without a summary, of which nothing is known', () => {
  expect(readEngineRun(lines(summary(undefined))).changes).toEqual({});
  expect(readEngineRun('')).toEqual({ errors: [] });
});

test("a resource's error, in all its lines, before what followed from it", () => {
  const log = lines(
    says('warning', 'this costs money', stack),
    says('error', 'update failed', stack),
    says(
      'error',
      "eks:index:ManagedNodeGroup resource 'n' has a problem: grpc: the client connection is closing\n",
      stack,
    ),
    says(
      'error',
      '1 error occurred:\n\t* NodeCreationFailure: instances failed to join\n\n',
      'aws:eks/nodeGroup:NodeGroup::envoy_poc_node_group',
    ),
    says('error', 'ThrottlingException: Rate exceeded', 'aws:eks/addon:Addon::envoy_poc_coredns_addon'),
  );
  expect(errorOf(readEngineRun(log))).toBe(
    'envoy_poc_node_group: NodeCreationFailure: instances failed to join (and 1 more, see above)',
  );
});

test("the program's own error, with its list", () => {
  const message =
    'layer workloads, stack dev, would break its contract:\n  - output url is missing\nCorrect what src/index.ts publishes.\n';
  expect(errorOf(readEngineRun(lines(says('error', message, stack))))).toBe(
    'layer workloads, stack dev, would break its contract: output url is missing; Correct what src/index.ts publishes.',
  );
});

test('its next step, on a line of its own; and not what is said after it', () => {
  const log = lines(
    says('warning', 'this costs money', stack),
    says(
      'error',
      'layer network, stack dev, has published nothing yet.\nDeploy it, then try again: npx nx run network:deploy --stack dev\n',
      stack,
    ),
    says('warning', 'and this takes long', stack),
  );
  expect(errorOf(readEngineRun(log))).toBe(
    'layer network, stack dev, has published nothing yet. Deploy it, then try again: npx nx run network:deploy --stack dev',
  );
});

test('the stack trace of a program or a component is not part of it', () => {
  const message =
    'Error: boom\n    at file:///ev/index.mjs:4:75\n    at ModuleJob.run (node:internal/x:561:25)\n';
  expect(errorOf(readEngineRun(lines(says('error', message))))).toBe('Error: boom');
});

test('no error: nothing to say', () => {
  expect(errorOf(readEngineRun(lines(says('info', 'fine'))))).toBeUndefined();
});

test('a log that ends in the middle of a line, as a killed engine leaves it: what came before', () => {
  const log = `${lines(says('error', 'boom'))}\n{"sequence":3,"diagn`;
  expect(errorOf(readEngineRun(log))).toBe('boom');
  expect(() => readEngineRun(`{"sequence":3,"diagn\n${log}`)).toThrow(SyntaxError);
});
