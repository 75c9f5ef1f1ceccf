import * as z from 'zod';
import { arn, kubernetesName } from '../fields.ts';

/** What the platform layer publishes. */
export const platform = z.object({
  ingressClassName: kubernetesName.describe('the IngressClass whose Ingresses become load balancers'),
  loadBalancerController: z
    .object({
      release: kubernetesName,
      namespace: kubernetesName,
      chartVersion: z.string().regex(/^\d+\.\d+\.\d+$/, 'a chart version such as 1.2.3'),
      roleArn: arn('iam'),
    })
    .describe('the Helm release of the AWS Load Balancer Controller and the IAM role it acts under'),
});

/** Valid sample values. */
export const platformExample: z.infer<typeof platform> = {
  ingressClassName: 'alb',
  loadBalancerController: {
    release: 'aws-load-balancer-controller',
    namespace: 'kube-system',
    chartVersion: '1.13.4',
    roleArn: 'arn:aws:iam::123456789012:role/envoy_poc_load_balancer_controller_role-1a2b3c4',
  },
};
