import { ingressClassName } from '@envoy-poc/layers/platform';
import { Provider } from '@pulumi/kubernetes/provider.js';
import { IngressClass } from '../src/ingress-class.ts';

/** The part of the platform layer that comes after the controller, on a cluster without one. */
export default function program() {
  const provider = new Provider('envoy_poc_kubernetes', { kubeconfig: process.env.KUBECONFIG ?? '' });
  const { name } = new IngressClass(
    'envoy_poc_alb_ingress_class',
    { name: ingressClassName },
    { providers: [provider] },
  );
  return { ingressClassName: name };
}
