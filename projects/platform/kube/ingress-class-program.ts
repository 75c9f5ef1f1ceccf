import { Provider } from '@pulumi/kubernetes/provider.js';
import { createIngressClass } from '../src/ingress-class.ts';

/** The part of the platform layer that comes after the controller, on a cluster without one. */
export default function program() {
  const provider = new Provider('envoy_poc_kubernetes', { kubeconfig: process.env.KUBECONFIG ?? '' });
  return { ingressClassName: createIngressClass({ provider }).metadata.name };
}
