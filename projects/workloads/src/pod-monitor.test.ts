import { readFileSync } from 'node:fs';
import { type labels, ports, workloadNames } from '@envoy-poc/layers/workloads';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { controllerOf, kubernetesObjects, workloadNames as resources, run } from './testing.ts';

interface PodMonitor {
  metadata: { namespace: string };
  spec: {
    jobLabel: keyof ReturnType<typeof labels>;
    selector: { matchLabels: Record<string, string> };
    podMetricsEndpoints: { port: string; path: string }[];
  };
}

interface Policy {
  podSelector: { matchLabels?: Record<string, string> };
  ingress?: { from?: { namespaceSelector?: unknown }[]; ports: { port: number }[] }[];
}

const file = new URL('../../../observability/pod-monitor.yml', import.meta.url);
const { items } = parse(readFileSync(file, 'utf8')) as { items: PodMonitor[] };

/** Whether labels have all those of a selector. */
const selects = (selector: Record<string, string> = {}, all: Record<string, string>) =>
  Object.entries(selector).every(([key, value]) => all[key] === value);

test('pod-monitor.yml selects each workload once, by a port that its pods have and its policy opens', async () => {
  const all = await run({ admission: 'exact', monitoringNamespace: 'monitoring' });
  const monitored = kubernetesObjects(all)
    .filter(({ type }) => type.endsWith(':NetworkPolicy'))
    .map(({ inputs }) => inputs.spec as Policy);
  const found = resources.map((resource) => {
    const controller = controllerOf(all, resource);
    const { metadata } = controller.spec.template as unknown as {
      metadata: { labels: ReturnType<typeof labels> };
    };
    const monitors = items.filter(({ spec }) => selects(spec.selector.matchLabels, metadata.labels));
    expect(monitors).toHaveLength(1);
    const [monitor] = monitors;
    const [endpoint] = monitor?.spec.podMetricsEndpoints ?? [];
    const named = controller.container.ports as { name: string; containerPort: number }[];
    const port = named.find(({ name }) => name === endpoint?.port)?.containerPort ?? 0;
    const open = monitored
      .filter(
        ({ podSelector }) => podSelector.matchLabels && selects(podSelector.matchLabels, metadata.labels),
      )
      .flatMap(({ ingress = [] }) => ingress)
      .filter(({ from = [] }) => from.some(({ namespaceSelector }) => namespaceSelector !== undefined))
      .flatMap(({ ports }) => ports.map((one) => one.port));
    expect(open).toContain(port);
    return [metadata.labels[monitor?.spec.jobLabel ?? 'app.kubernetes.io/name'], `${port}${endpoint?.path}`];
  });
  expect(Object.fromEntries(found)).toEqual({
    server: `${ports.server}/metrics`,
    edge: `${ports.edgeStats}/stats/prometheus`,
    client: `${ports.client}/metrics`,
    picker: `${ports.picker}/metrics`,
  });
  expect(items).toHaveLength(Object.keys(workloadNames).length);
});
