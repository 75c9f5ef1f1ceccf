import { setTimeout as sleep } from 'node:timers/promises';
import { childOptions } from '@envoy-poc/layers/pulumi';
import { CustomResource } from '@pulumi/kubernetes/apiextensions/customResource.js';
import * as networking from '@pulumi/kubernetes/networking/v1/ingressClass.js';
import { ComponentResource, type ComponentResourceOptions, ErrorHook, type Output } from '@pulumi/pulumi';

/** How often the webhook is tried again, and how long apart. */
const RETRIES = 24;
const RETRY_SECONDS = 5;

export interface IngressClassArgs {
  /** Of the class and of its parameters, in Kubernetes. */
  name: string;
}

/**
 * The class of Ingresses that become load balancers. Its parameters pass the controller's webhook, so that there is a
 * class only once the webhook has answered the API server; until then the creation is tried again.
 */
export class IngressClass extends ComponentResource {
  readonly name: Output<string>;

  constructor(name: string, args: IngressClassArgs, options?: ComponentResourceOptions) {
    super('envoy-poc:platform:IngressClass', name, {}, options);
    const untilWebhookAnswers = new ErrorHook('envoy_poc_webhook_answers', async ({ errors }) => {
      if (!isWorthRetry(errors)) return false;
      await sleep(RETRY_SECONDS * 1000);
      return true;
    });
    const parameters = new CustomResource(
      'envoy_poc_alb_ingress_class_parameters',
      {
        apiVersion: 'elbv2.k8s.aws/v1beta1',
        kind: 'IngressClassParams',
        metadata: { name: args.name },
        spec: { scheme: 'internet-facing', ipAddressType: 'ipv4' },
      },
      { ...childOptions(this, options), hooks: { onError: [untilWebhookAnswers] } },
    );
    const ingressClass = new networking.IngressClass(
      'envoy_poc_alb_ingress_class',
      {
        metadata: { name: args.name },
        spec: {
          controller: 'ingress.k8s.aws/alb',
          parameters: {
            apiGroup: 'elbv2.k8s.aws',
            kind: 'IngressClassParams',
            name: parameters.metadata.name,
          },
        },
      },
      childOptions(this, options),
    );
    this.name = ingressClass.metadata.name;
    this.registerOutputs({ name: this.name });
  }
}

/** Whether the API server could not ask the webhook, rather than that it said no; newest error first. */
export function isWorthRetry(errors: readonly string[]): boolean {
  return errors.length <= RETRIES && errors[0]?.includes('failed calling webhook') === true;
}
