import { childOptions } from '@envoy-poc/layers/pulumi';
import {
  PICKER_REPLICAS,
  ports,
  resourceLimits,
  services,
  type WorkloadsConfig,
} from '@envoy-poc/layers/workloads';
import { StatefulSet } from '@pulumi/kubernetes/apps/v1/statefulSet.js';
import { Service } from '@pulumi/kubernetes/core/v1/service.js';
import { ServiceAccount } from '@pulumi/kubernetes/core/v1/serviceAccount.js';
import { PodDisruptionBudget } from '@pulumi/kubernetes/policy/v1/podDisruptionBudget.js';
import { ComponentResource, type ComponentResourceOptions, mergeOptions } from '@pulumi/pulumi';
import {
  environment,
  podDisruptionBudget,
  podTemplate,
  probes,
  service,
  serviceAccount,
  statefulSet,
} from './objects.ts';

export interface PickerArgs {
  config: WorkloadsConfig;
  /** Reference of the image, by digest. */
  image: string;
}

/** The endpoint pickers' StatefulSet and what it stands on; done when every pod is ready. */
export class Picker extends ComponentResource {
  constructor(name: string, args: PickerArgs, options?: ComponentResourceOptions) {
    super('envoy-poc:workloads:Picker', name, {}, options);
    const manifests = pickerManifests(args.config, args.image);
    const child = childOptions(this, options);
    const base = [
      new ServiceAccount('envoy_poc_endpoint_picker_service_account', manifests.serviceAccount, child),
      new Service('envoy_poc_endpoint_picker_headless_service', manifests.headlessService, child),
      new PodDisruptionBudget(
        'envoy_poc_endpoint_picker_pod_disruption_budget',
        manifests.podDisruptionBudget,
        child,
      ),
    ];
    new StatefulSet(
      'envoy_poc_endpoint_picker_stateful_set',
      manifests.statefulSet,
      mergeOptions(child, { dependsOn: base }),
    );
    this.registerOutputs();
  }
}

/** Time for a picker to end after SIGTERM, more than it takes to drain. */
const EXIT_SECONDS = 10;

/** A new picker is found by names that the cluster's DNS may keep so long (the default of CoreDNS), by each at a time of its own. */
const DNS_SECONDS = 5;

/** The next picker is replaced when this one has been ready so long, and servers and edges have found it. */
const FOUND_SECONDS = 2 * DNS_SECONDS;

/** After so long without one more, all server pods have found a picker: they look once a second. */
const SETTLE_SECONDS = DNS_SECONDS + 1;

/**
 * Holds the heap to what fits in the container beside the rest of Node (30 MiB): its old part, and its young one of three
 * semi-spaces. With the streams of 10,000 pods a picker takes 72 MB in all, measured.
 */
const NODE_OPTIONS = '--max-old-space-size=56 --max-semi-space-size=2';

/**
 * The endpoint pickers: the edges ask the first, the second when that is away. A picker is ready when it has heard of the
 * server pods, so these must find it before: the Service's name holds pickers that are not ready too. On SIGTERM it fails
 * its health check and still answers for a while. It is told neither the limit of a pod, which the pods say, nor how many
 * edges there are.
 */
function pickerManifests(config: WorkloadsConfig, image: string) {
  const { namespace, newConnectionsPerSecondPerClient: perClient } = config;
  const env = {
    PORT: ports.picker,
    REPORTS_PORT: ports.pickerReports,
    NEW_CONNECTIONS_PER_SECOND: config.newConnectionsPerSecond,
    ...(perClient !== undefined && { NEW_CONNECTIONS_PER_SECOND_PER_CLIENT: perClient }),
    SETTLE_SECONDS,
    NODE_OPTIONS,
  };
  const container = {
    ports: [
      { name: 'decisions', containerPort: ports.picker, protocol: 'TCP' },
      { name: 'reports', containerPort: ports.pickerReports, protocol: 'TCP' },
    ],
    env: environment(env, {}),
    // One that has heard of no server pod, or drains, is not ready, and not to be killed for it.
    ...probes(ports.picker, { alive: '/alive', ready: '/healthz' }),
  };
  return {
    serviceAccount: serviceAccount('picker', namespace),
    statefulSet: statefulSet('picker', namespace, {
      replicas: PICKER_REPLICAS,
      serviceName: services.pickerHeadless,
      minReadySeconds: FOUND_SECONDS,
      template: podTemplate(
        'picker',
        {
          image,
          uid: 1000,
          resources: { limits: resourceLimits.picker, requests: config.requests.picker },
          terminationGracePeriodSeconds: EXIT_SECONDS,
          revisionLabel: 'controller-revision-hash',
        },
        container,
      ),
    }),
    headlessService: service('picker', namespace, {
      name: services.pickerHeadless,
      ports: { decisions: ports.picker, reports: ports.pickerReports },
      headless: true,
      publishNotReadyAddresses: true,
    }),
    podDisruptionBudget: podDisruptionBudget('picker', namespace),
  };
}
