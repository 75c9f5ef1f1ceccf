import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ports, workloadNames } from '@envoy-poc/layers/workloads';
import { haveCommand } from '@envoy-poc/testing';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { text } from './dashboard.ts';

const read = (file: string) => readFileSync(join(import.meta.dirname, file), 'utf8');

interface Rules {
  groups: { rules: { alert?: string; annotations?: Record<string, string> }[] }[];
}
interface AlertTest {
  alertname: string;
  exp_alerts?: unknown[];
}

const rules = (parse(read('rules.yml')) as Rules).groups.flatMap(({ rules }) => rules);
const alerts = rules.flatMap(({ alert }) => alert ?? []);

test('dashboard.json is what dashboard.ts makes', () => {
  expect(read('dashboard.json') === text, 'npx nx run observability:generate').toBe(true);
});

describe('rules', () => {
  const tests = (
    parse(read('rules.test.yml')) as { tests: { alert_rule_test: AlertTest[] }[] }
  ).tests.flatMap(({ alert_rule_test }) => alert_rule_test);

  test.each(alerts)('%s has a test in which it fires, and one in which it does not', (alert) => {
    const fires = tests
      .filter(({ alertname }) => alertname === alert)
      .map((one) => one.exp_alerts !== undefined);
    expect(new Set(fires)).toEqual(new Set([true, false]));
  });

  test.each(rules.filter(({ alert }) => alert))('docs/monitoring.md says what to do about $alert', (rule) => {
    const [page = '', section] = rule.annotations?.runbook?.split('#') ?? [];
    const headings = readFileSync(join(import.meta.dirname, '..', page), 'utf8').matchAll(/^#+ (.*)$/gm);
    expect([...headings].map(([, heading]) => heading?.toLowerCase())).toContain(section);
  });

  const promtool = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync('promtool', words, {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    });
    return { status, output: stdout + stderr };
  };
  describe.skipIf(!haveCommand('promtool', 'Install it, for example: apt-get install prometheus'))(
    'promtool',
    () => {
      test('finds no fault in the rules, and each fires when it should', () => {
        expect(promtool('check', 'rules', 'rules.yml')).toMatchObject({ status: 0 });
        const { status, output } = promtool('test', 'rules', 'rules.test.yml');
        expect(status, output).toBe(0);
      });
    },
  );
});

test('prometheus.yml scrapes the port of each workload that has its statistics', () => {
  const { scrape_configs: jobs } = parse(read('prometheus.yml')) as {
    scrape_configs: { relabel_configs: { action?: string; regex: string }[] }[];
  };
  const kept = jobs[0]?.relabel_configs.find(({ action }) => action === 'keep')?.regex.split('|');
  const { server, edgeStats: edge, client, picker } = ports;
  const wanted = Object.entries({ server, edge, client, picker }).map(
    ([workload, port]) => `${workload}:${port}`,
  );
  expect(kept?.sort()).toEqual(wanted.sort());
  expect(Object.keys(workloadNames).sort()).toEqual(['client', 'edge', 'picker', 'server']);
});
