/** The controller's Helm release and chart, its ServiceAccount and its Deployment. */
export const controllerName = 'aws-load-balancer-controller';

/** The controller's namespace. */
export const controllerNamespace = 'kube-system';

/** The IngressClass whose Ingresses become Application Load Balancers. */
export const ingressClassName = 'alb';
