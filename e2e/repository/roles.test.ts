import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from '@envoy-poc/doubles';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readWorkflow } from '../helpers/ci/workflow.ts';

interface Statement {
  Sid?: string;
  Effect: string;
  Principal?: { Federated: string };
  Action: string | string[];
  Resource?: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

const documents = globSync('*.json', { cwd: join(root, 'docs/ci') });
const read = (name: string) => {
  const text = readFileSync(join(root, 'docs/ci', name), 'utf8');
  return { text, document: JSON.parse(text) as { Version: string; Statement: Statement[] } };
};
const statements = (name: string) => read(name).document.Statement;
const actionsOf = (name: string) => statements(name).flatMap(({ Action }) => Action);

/** The packages of the SDK that have a service's operations, each a file named by it. */
const clients: Record<string, string> = {
  ec2: 'ec2',
  ecr: 'ecr',
  eks: 'eks',
  elasticloadbalancing: 'elastic-load-balancing-v2',
  iam: 'iam',
  kms: 'kms',
  logs: 'cloudwatch-logs',
  s3: 's3',
  sts: 'sts',
};

/** What can be allowed and is no operation: https://docs.aws.amazon.com/service-authorization/latest/reference/ */
const permissionsOnly = ['iam:PassRole', 's3:ListBucket'];

const operations = new Map<string, string[]>();
function operationsOf(service: string): string[] {
  const known =
    operations.get(service) ??
    globSync('*Command.d.ts', {
      cwd: join(root, 'node_modules/@aws-sdk', `client-${clients[service]}`, 'dist-types/commands'),
    }).map((file) => basename(file, 'Command.d.ts'));
  operations.set(service, known);
  return known;
}

/** Whether AWS has an action of this name, or any that a pattern means. */
function exists(action: string): boolean {
  const [service = '', name = ''] = action.split(':');
  const pattern = new RegExp(`^${name.replaceAll('*', '.*')}$`);
  return (
    permissionsOnly.includes(action) || operationsOf(service).some((operation) => pattern.test(operation))
  );
}

test('a name that AWS does not have is found', () => {
  expect(exists('ecr:GetRepositoryPolicies')).toBe(false);
  expect(exists('eks:Descrbe*')).toBe(false);
});

describe.each(documents)('%s', (name) => {
  test('allows only what AWS has', () => {
    expect(read(name).document.Version).toBe('2012-10-17');
    for (const action of actionsOf(name)) expect(exists(action), action).toBe(true);
    const sids = statements(name).flatMap(({ Sid }) => Sid ?? []);
    expect(new Set(sids).size).toBe(sids.length);
    for (const sid of sids) expect(sid).toMatch(/^[A-Za-z0-9]+$/);
  });

  test('is no longer than a policy may be, also as a managed one', () => {
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: white space does not count.
    expect(read(name).text.replaceAll(/\s/g, '').length).toBeLessThan(name.includes('trust') ? 2048 : 6144);
  });
});

test.each([
  ['deploy', 'deploy.yml'],
  ['preview', 'pull-request.yml'],
])('who takes the role %s is exactly who %s is', (id, file) => {
  const job = readWorkflow(root, file).jobs.find((each) => each.id === id);
  const subject = job?.environment === undefined ? 'pull_request' : `environment:${job.environment}`;
  expect(statements(`${id}-trust.json`).map(({ Condition }) => Condition)).toEqual([
    {
      StringEquals: {
        'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
        'token.actions.githubusercontent.com:sub': `repo:REPOSITORY:${subject}`,
      },
    },
  ]);
});

test('the preview role only reads', () => {
  for (const action of actionsOf('preview-policy.json'))
    expect(action).toMatch(/^[a-z0-9]+:(Describe|Get|List)/);
});

test('both roles reach the state where the layers have it', () => {
  for (const file of globSync('projects/*/Pulumi.yaml', { cwd: root })) {
    const { backend } = parse(readFileSync(join(root, file), 'utf8')) as { backend: { url: string } };
    const { hostname, pathname } = new URL(backend.url);
    for (const name of ['deploy-policy.json', 'preview-policy.json']) {
      const resources = statements(name).flatMap(({ Resource }) => Resource ?? []);
      expect(resources).toContain(`arn:aws:s3:::${hostname}`);
      expect(resources).toContain(`arn:aws:s3:::${hostname}${pathname}/*`);
    }
  }
});

test('both roles reach every service that a layer has resources of', () => {
  const imports = globSync('projects/*/src/*.ts', { cwd: root }).flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/from '@pulumi\/aws\/(\w+)\//g)].map(
      ([, name = '']) => name,
    ),
  );
  // Where the provider's names are not IAM's.
  const services = new Set(
    imports.map((name) => (({ cloudwatch: 'logs', vpc: 'ec2' }) as Record<string, string>)[name] ?? name),
  );
  expect(services.size).toBeGreaterThan(3);
  for (const name of ['deploy-policy.json', 'preview-policy.json']) {
    const reached = actionsOf(name).map((action) => action.split(':')[0]);
    for (const service of services) expect(reached, service).toContain(service);
  }
});

test('the page names what the workflows ask of GitHub', () => {
  const page = readFileSync(join(root, 'docs/ci.md'), 'utf8');
  for (const file of ['deploy.yml', 'pull-request.yml']) {
    const { text } = readWorkflow(root, file);
    for (const [, name] of text.matchAll(/(?:vars|secrets)\.(\w+)/g)) expect(page).toContain(`\`${name}\``);
  }
});
