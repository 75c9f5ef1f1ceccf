import { defaultDemand, defaultLimits, demandSchema, limitsSchema } from '@envoy-poc/edge/limits';
import * as z from 'zod';
import { kubernetesName } from '../fields.ts';
import { imageByDigest } from '../image-reference.ts';

/** What the workloads layer publishes. */
export const workloads = z.object({
  namespace: kubernetesName.describe('the namespace of all workloads'),
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('where clients outside connect; left out where there is no Ingress'),
  loadBalancerHostname: z
    .hostname()
    .optional()
    .describe("the load balancer's DNS name; left out where there is no Ingress"),
  services: z
    .object({
      server: kubernetesName,
      serverHeadless: kubernetesName,
      edge: kubernetesName,
      pickerHeadless: kubernetesName.optional(),
    })
    .describe('the names of the Services; that of the pickers where admission is exact'),
  deployments: z
    .object({ server: kubernetesName, edge: kubernetesName, client: kubernetesName })
    .describe('the names of the Deployments'),
  statefulSets: z
    .object({ picker: kubernetesName })
    .optional()
    .describe('the names of the StatefulSets; left out where admission is shared'),
  images: z
    .object({
      server: imageByDigest,
      edge: imageByDigest,
      client: imageByDigest,
      picker: imageByDigest.optional(),
    })
    .describe('the image each workload runs, by digest'),
  limits: limitsSchema.describe('how many servers and edges there are, and the limits they hold'),
  demand: demandSchema.describe('how many clients there are, and what they ask for'),
});

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;

const exact = defaultLimits.admission === 'exact';

/** Valid sample values, of the defaults. */
export const workloadsExample: z.infer<typeof workloads> = {
  namespace: 'envoy-poc',
  url: 'http://k8s-envoypoc-1234567890.us-east-1.elb.amazonaws.com',
  loadBalancerHostname: 'k8s-envoypoc-1234567890.us-east-1.elb.amazonaws.com',
  services: {
    server: 'envoy-poc-app-server-service',
    serverHeadless: 'envoy-poc-app-server-headless',
    edge: 'envoy-poc-edge-service',
    ...(exact && { pickerHeadless: 'envoy-poc-endpoint-picker-headless' }),
  },
  deployments: { server: 'envoy-poc-app-server', edge: 'envoy-poc-edge', client: 'envoy-poc-app-client' },
  ...(exact && { statefulSets: { picker: 'envoy-poc-endpoint-picker' } }),
  images: {
    server: `123456789012.dkr.ecr.us-east-1.amazonaws.com/example-app@${digest('a')}`,
    edge: `docker.io/envoyproxy/envoy@${digest('b')}`,
    client: `123456789012.dkr.ecr.us-east-1.amazonaws.com/example-client@${digest('c')}`,
    ...(exact && {
      picker: `123456789012.dkr.ecr.us-east-1.amazonaws.com/example-picker@${digest('d')}`,
    }),
  },
  limits: defaultLimits,
  demand: defaultDemand,
};
