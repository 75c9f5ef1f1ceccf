import { temporaryStack } from '@envoy-poc/layers/engine';
import { haveCluster, kubectl } from '@envoy-poc/layers/real-cluster';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { layerFolder } from './layer-folder.ts';

const name = 'ingressclassparams.elbv2.k8s.aws';

/** As much of the controller's kind as this layer uses. */
const kind = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name },
  spec: {
    group: 'elbv2.k8s.aws',
    scope: 'Cluster',
    names: { plural: 'ingressclassparams', singular: 'ingressclassparams', kind: 'IngressClassParams' },
    versions: [
      {
        name: 'v1beta1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  scheme: { type: 'string', enum: ['internal', 'internet-facing'] },
                  ipAddressType: { type: 'string', enum: ['ipv4', 'dualstack'] },
                },
              },
            },
          },
        },
      },
    ],
  },
};

/** A webhook that nobody serves yet. */
const webhook = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  metadata: { name },
  webhooks: [
    {
      name: 'vingressclassparams.elbv2.k8s.aws',
      failurePolicy: 'Fail',
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      timeoutSeconds: 2,
      clientConfig: { service: { name: 'nobody', namespace: 'default', path: '/' } },
      rules: [
        {
          apiGroups: ['elbv2.k8s.aws'],
          apiVersions: ['v1beta1'],
          operations: ['CREATE', 'UPDATE'],
          resources: ['ingressclassparams'],
        },
      ],
    },
  ],
};

describe.runIf(haveCluster())('the class of load balancers, on a real cluster', () => {
  beforeAll(async () => {
    await kubectl(['apply', '-f', '-'], kind);
    await kubectl(['wait', '--for=condition=Established', `crd/${name}`, '--timeout=280s']);
    await kubectl(['apply', '-f', '-'], webhook);
  });
  afterAll(async () => {
    await kubectl(['delete', '--ignore-not-found', 'validatingwebhookconfiguration', name]);
    await kubectl(['delete', 'crd', name]);
  });

  test('there is no class before the webhook answers, and one when it does', async () => {
    await using temporary = await temporaryStack(layerFolder('platform'), {
      main: 'kube/ingress-class-program.ts',
    });
    const failed = Promise.withResolvers<void>();
    const up = temporary.stack.up({
      logVerbosity: 3,
      logToStdErr: true,
      onError: (text) => text.includes('failed calling webhook') && failed.resolve(),
      onOutput: (text) => text.includes('failed calling webhook') && failed.resolve(),
    });
    await Promise.race([failed.promise, up]);
    expect(await kubectl(['get', 'ingressclass', '-o', 'name'])).toBe('');

    await kubectl(['delete', 'validatingwebhookconfiguration', name]);
    await expect(up).resolves.toMatchObject({ outputs: { ingressClassName: { value: 'alb' } } });
    expect(await kubectl(['get', 'ingressclass,ingressclassparams', '-o', 'name'])).toBe(
      'ingressclass.networking.k8s.io/alb\ningressclassparams.elbv2.k8s.aws/alb\n',
    );
    await temporary.stack.destroy({ onOutput: () => {} });
  });
});
