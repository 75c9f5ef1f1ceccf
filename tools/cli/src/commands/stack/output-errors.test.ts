import { expect, test } from 'vitest';
import { errorOf } from './output-errors.ts';

test("a resource's error, in all its lines, before what followed from it", () => {
  const output = `Updating (dev):
 +  aws:eks:NodeGroup envoy_poc_node_group creating (0s) error: 1 error occurred:
Diagnostics:
  pulumi:pulumi:Stack (cluster-dev):
    warning: this costs money
    error: update failed
    error: eks:index:ManagedNodeGroup resource 'n' has a problem: grpc: the client connection is closing

  aws:eks:NodeGroup (envoy_poc_node_group):
    error: 1 error occurred:
    \t* NodeCreationFailure: instances failed to join

  aws:eks:Addon (envoy_poc_coredns_addon):
    error: ThrottlingException: Rate exceeded

Resources:
    + 17 created
    2 errored
`;
  expect(errorOf(output)).toBe(
    'envoy_poc_node_group: NodeCreationFailure: instances failed to join (and 1 more, see above)',
  );
});

test("the program's own error, with its list", () => {
  const output = `Diagnostics:
  pulumi:pulumi:Stack (workloads-dev):
    error: layer workloads, stack dev, would break its contract:
      - output url is missing
    Correct what src/index.ts publishes.
`;
  expect(errorOf(output)).toBe(
    'layer workloads, stack dev, would break its contract: output url is missing; Correct what src/index.ts publishes.',
  );
});

test('its way out, on a line of its own; and not what is said after it', () => {
  const output = `Diagnostics:
  pulumi:pulumi:Stack (cluster-dev):
    warning: this costs money
    error: layer network, stack dev, has published nothing yet.
    Deploy it, then try again: npx nx run network:deploy --stack dev
    warning: and this takes long

Resources:
    + 1 to create
`;
  expect(errorOf(output)).toBe(
    'layer network, stack dev, has published nothing yet. Deploy it, then try again: npx nx run network:deploy --stack dev',
  );
});

test('an error outside of the diagnostics', () => {
  expect(errorOf('error: no such flag\n')).toBe('error: no such flag');
  expect(errorOf('fine')).toBeUndefined();
});
