import { expect, test } from 'vitest';
import { manifestFaults } from './index.ts';

const container = {
  name: 'app',
  image: 'app@sha256:0',
  resources: { limits: { cpu: '100m', memory: 128 } },
  readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 2 },
};
const deployment = (parts: object) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'app' },
  spec: {
    selector: { matchLabels: { app: 'app' } },
    template: { metadata: { labels: { app: 'app' } }, spec: { containers: [{ ...container, ...parts }] } },
  },
});

test('a right manifest has no faults', () => {
  expect(manifestFaults(deployment({}))).toEqual([]);
});

test('a misspelled field is named with its path', () => {
  expect(manifestFaults(deployment({ readynessProbe: {} }))).toEqual([
    'apps/v1 Deployment /spec/template/spec/containers/0 must NOT have additional properties: readynessProbe',
  ]);
});

test('a wrong type and a missing field are named', () => {
  const faults = manifestFaults(deployment({ name: undefined, terminationGracePeriodSeconds: 3, image: 1 }));
  expect(faults.join('\n')).toMatch(/image must be string/);
  expect(faults.join('\n')).toMatch(/terminationGracePeriodSeconds/);
});

test('an unknown kind is a fault', () => {
  expect(manifestFaults({ apiVersion: 'apps/v2', kind: 'Deployment' })[0]).toMatch(
    /apps\/v2 Deployment is not/,
  );
});
