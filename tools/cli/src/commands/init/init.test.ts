import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { layers } from '@envoy-poc/layers';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { recordedSurroundings, runRecorded } from '#runtime/testing';
import type { Ask } from './ask.ts';
import { init } from './cli.ts';

const workspace = resolve(import.meta.dirname, '../../../../..');
const ci = ['.github/workflows', '.github/actions', 'docs/ci'];

/** A copy of what init reads and writes. */
async function copyOfFiles(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'init-'));
  onTestFinished(() => rm(root, { recursive: true }));
  const ofLayers = layers.flatMap((layer) =>
    ['Pulumi.yaml', 'Pulumi.dev.yaml'].map((file) => `projects/${layer}/${file}`),
  );
  for (const path of ['platform.yaml', ...ofLayers, ...ci]) {
    await cp(join(workspace, path), join(root, path), { recursive: true });
  }
  return root;
}

const read = (root: string, file: string) => readFile(join(root, file), 'utf8');
const edit = async (root: string, file: string, change: (text: string) => string) =>
  writeFile(join(root, file), change(await read(root, file)));
const settingsOf = async (root: string, layer: string, stack = 'dev') =>
  parse(await read(root, `projects/${layer}/Pulumi.${stack}.yaml`)).config as Record<string, unknown>;

const acme = [
  ...['--region', 'eu-west-1', '--account', '210987654321', '--profile', 'acme-deploy'],
  ...['--kubectl-profile', 'acme-view', '--cluster-name', 'chat', '--vpc-name', 'chat-vpc'],
  ...['--repository-prefix', 'acme/chat', '--namespace', 'chat', '--project', 'chat'],
  ...['--state-bucket', 'acme-state', '--state-prefix', 'platforms/chat'],
];
/** What of the design is somebody's own. */
const before = /cfndev|avive|envoy-vpc|us-east-1|ACCOUNT_ID/;

test('every file of this repository says what platform.yaml says', async () => {
  const { code, stdout } = await runRecorded(init, ['--dry-run'], workspace);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'nothing changes\n' });
});

test('flags rename everything; a second run changes nothing', async () => {
  const root = await copyOfFiles();
  const { code, stdout } = await runRecorded(init, [...acme, '--yes'], root);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^- {5}region: us-east-1$/m);
  expect(stdout).toMatch(/^\+ {5}region: eu-west-1$/m);
  expect(stdout).toContain('→ npx envoy-poc doctor --offline --stack dev');

  expect(await settingsOf(root, 'network')).toEqual({
    'aws:region': 'eu-west-1',
    'aws:profile': 'acme-deploy',
    'aws:allowedAccountIds': ['210987654321'],
  });
  const cluster = parse(await read(root, 'projects/cluster/Pulumi.yaml'));
  expect(cluster.backend.url).toBe('s3://acme-state/platforms/chat?awssdk=v2&profile=acme-deploy');
  expect(cluster.config).toMatchObject({
    name: { default: 'chat' },
    kubectlProfile: { default: 'acme-view' },
    'aws:defaultTags': { value: { tags: { project: 'chat' } } },
  });
  const policy = JSON.parse(await read(root, 'docs/ci/deploy-policy.json'));
  expect(policy.Statement[0]).toMatchObject({
    Resource: 'arn:aws:s3:::acme-state',
    Condition: { StringLike: { 's3:prefix': ['platforms/chat/*'] } },
  });
  expect(policy.Statement[1].Resource).toBe('arn:aws:s3:::acme-state/platforms/chat/*');
  expect(await read(root, 'docs/ci/preview-trust.json')).toContain('arn:aws:iam::210987654321:oidc-provider');
  expect(await read(root, '.github/workflows/deploy.yml')).toContain(
    's3://acme-state/platforms/chat?awssdk=v2\n',
  );
  expect(await read(root, '.github/actions/aws-session/action.yml')).toContain(
    'for profile in acme-deploy acme-view;',
  );
  for (const layer of layers) {
    for (const file of ['Pulumi.yaml', 'Pulumi.dev.yaml']) {
      expect(await read(root, `projects/${layer}/${file}`), `${layer}/${file}`).not.toMatch(before);
    }
  }
  for (const name of ['deploy-policy', 'deploy-trust', 'preview-policy', 'preview-trust']) {
    expect(await read(root, `docs/ci/${name}.json`)).not.toMatch(before);
  }
  const again = await runRecorded(init, [...acme, '--yes'], root);
  expect(again.stdout).toBe('nothing changes\n');
});

test("a person's own lines and comments stay", async () => {
  const root = await copyOfFiles();
  const stackFile = 'projects/network/Pulumi.dev.yaml';
  await edit(
    root,
    stackFile,
    (text) => `# Ours\n${text}  network:zoneCount: 3 # for the auditors\nencryptionsalt: v1:x\n`,
  );
  await edit(root, 'platform.yaml', (text) =>
    text.replace('project: envoy-poc', 'project: envoy-poc # billed\n  owner: web'),
  );
  expect((await runRecorded(init, ['--region', 'eu-west-1', '--yes'], root)).code).toBe(0);
  expect(await read(root, stackFile)).toBe(
    `# Ours\nconfig:\n  aws:region: eu-west-1\n  aws:profile: ${(await settingsOf(root, 'network'))['aws:profile']}\n` +
      '  network:zoneCount: 3 # for the auditors\nencryptionsalt: v1:x\n',
  );
  expect(await read(root, 'platform.yaml')).toContain('project: envoy-poc # billed\n  owner: web\n');
  expect(
    parse(await read(root, 'projects/platform/Pulumi.yaml')).config['aws:defaultTags'].value.tags,
  ).toEqual({
    project: 'envoy-poc',
    owner: 'web',
  });
});

test('platform.yaml may be edited by hand: init writes the rest', async () => {
  const root = await copyOfFiles();
  await edit(root, 'platform.yaml', (text) => text.replace('clusterName: envoy-poc', 'clusterName: chat'));
  const { stdout } = await runRecorded(init, ['--json', '--yes'], root);
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ command: 'init', stack: 'dev', written: true },
    changes: [{ file: 'projects/cluster/Pulumi.yaml' }],
  });
  expect(parse(await read(root, 'projects/cluster/Pulumi.yaml')).config.name.default).toBe('chat');
});

test('a second stack gets names of its own, and no secret of the first', async () => {
  const root = await copyOfFiles();
  await edit(
    root,
    'projects/cluster/Pulumi.dev.yaml',
    (text) =>
      `${text}  cluster:minNodes: 3 # for the auditors\n  cluster:version:\n    secure: v1:abc\nencryptionsalt: v1:x\n`,
  );
  const { code } = await runRecorded(init, ['--stack', 'staging', '--region', 'eu-west-1', '--yes'], root);
  expect(code).toBe(0);
  const [dev, staging] = [await settingsOf(root, 'cluster'), await settingsOf(root, 'cluster', 'staging')];
  expect(staging).toEqual({
    ...{ 'aws:region': 'eu-west-1', 'aws:profile': dev['aws:profile'] },
    ...{ 'cluster:minNodes': 3, 'cluster:name': 'envoy-poc-staging' },
  });
  expect(await read(root, 'projects/cluster/Pulumi.staging.yaml')).not.toMatch(/secure|encryptionsalt/);
  expect((await settingsOf(root, 'registry', 'staging'))['registry:repositoryPrefix']).toMatch(/-staging$/);
  expect((await settingsOf(root, 'network', 'staging'))['network:vpcName']).toMatch(/-staging$/);
  expect(parse(await read(root, 'platform.yaml')).stacks).toHaveProperty('dev.region', 'us-east-1');
  expect((await runRecorded(init, ['--dry-run'], root)).stdout).toBe('nothing changes\n');
});

test.each([
  [
    ['--stack', 'staging', '--cluster-name', 'envoy-poc'],
    '--cluster-name "envoy-poc": stack dev has it too, in the same region; try envoy-poc-staging',
  ],
  [['--account', '1234'], '--account "1234": the 12 digits of an AWS account'],
  [['--region', 'Ohio'], '--region "Ohio": an AWS region such as us-east-1'],
  [['--state-bucket', 'Acme_State'], '--state-bucket "Acme_State": 3 to 63 lower case letters'],
  [['--repository-prefix', 'Acme'], '--repository-prefix "Acme": lower case letters and digits'],
  [['--profile', 'a b'], '--profile "a b": letters, digits'],
  [['--stack', 'a/b'], 'the name of a stack has letters, digits'],
  [['--colour', 'blue'], "unknown option '--colour'"],
])('%j is refused in a sentence, and nothing is written', async (argv, message) => {
  const root = await copyOfFiles();
  const { code, stdout, stderr } = await runRecorded(init, [...argv, '--yes'], root);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(message);
  expect((await runRecorded(init, ['--dry-run'], root)).stdout).toBe('nothing changes\n');
});

test.each([
  ['stacks: [', 'platform.yaml is not YAML'],
  ['stacks: {}\n', 'stacks {}: at least one stack'],
])('a bad platform.yaml is named with its key: %j', async (text, message) => {
  const root = await copyOfFiles();
  await writeFile(join(root, 'platform.yaml'), text);
  const { code, stderr } = await runRecorded(init, ['--yes'], root);
  expect(code).toBe(1);
  expect(stderr).toContain(message);
});

test('a missing file stops all before anything is written', async () => {
  const root = await copyOfFiles();
  await rm(join(root, 'projects/workloads/Pulumi.yaml'));
  const { code, stderr } = await runRecorded(init, [...acme, '--yes'], root);
  expect(code).toBe(1);
  expect(stderr).toContain('there is no projects/workloads/Pulumi.yaml');
  expect(await read(root, 'platform.yaml')).toBe(await read(workspace, 'platform.yaml'));
});

test('a workspace whose CI is another is fine', async () => {
  const root = await copyOfFiles();
  for (const folder of ci) await rm(join(root, folder), { recursive: true });
  expect((await runRecorded(init, [...acme, '--yes'], root)).code).toBe(0);
});

test('where nobody can be asked and --yes is not given, the diff is shown and nothing written', async () => {
  const root = await copyOfFiles();
  const { code, stdout, stderr } = await runRecorded(init, ['--region', 'eu-west-1'], root);
  expect(code).toBe(1);
  expect(stdout).toContain('+   aws:region: eu-west-1');
  expect(stderr).toMatch(/files would change; nothing was written\n→ add --yes/);
  expect(await read(root, 'platform.yaml')).toBe(await read(workspace, 'platform.yaml'));
});

/** Somebody who answers what is asked, by words of the question; `undefined` stops. */
function person(answers: Record<string, string | undefined>, confirms = true) {
  const asked: string[] = [];
  const refused: string[] = [];
  const ask: Ask = {
    async answer(question, current, check) {
      asked.push(question);
      const key = Object.keys(answers).find((word) => question.includes(word));
      const answer = key === undefined ? current : answers[key];
      const fault = answer === undefined ? undefined : check(answer);
      if (fault !== undefined) refused.push(fault);
      return fault === undefined ? answer : current;
    },
    confirm: async () => confirms,
  };
  return { ask, asked, refused };
}

async function talk(root: string, argv: readonly string[], { ask }: { ask: Ask }) {
  const { surroundings, printed } = recordedSurroundings(root);
  const code = await init(argv, surroundings, ask);
  return { code, ...(await printed()) };
}

test('at a terminal it asks, checks each answer as it comes, shows the diff and writes', async () => {
  const root = await copyOfFiles();
  const me = person({ 'EKS cluster': 'chat', 'AWS region': 'Ohio' });
  const { code, stdout } = await talk(root, [], me);
  expect(code).toBe(0);
  expect(me.asked.length).toBeGreaterThan(5);
  expect(me.refused).toEqual(['an AWS region such as us-east-1']);
  expect(stdout).toContain('+     default: chat');
  expect(parse(await read(root, 'platform.yaml')).stacks.dev.clusterName).toBe('chat');
});

test('a second stack is not asked for what all have in common', async () => {
  const root = await copyOfFiles();
  const me = person({ 'EKS cluster': 'envoy-poc' });
  expect((await talk(root, ['--stack', 'staging'], me)).code).toBe(0);
  expect(me.asked.join()).not.toContain('bucket');
  expect(me.refused).toEqual([expect.stringContaining('stack dev has it too')]);
  expect(parse(await read(root, 'platform.yaml')).stacks.staging.clusterName).toBe('envoy-poc-staging');
});

test('who stops, or does not confirm, has changed nothing', async () => {
  const root = await copyOfFiles();
  expect((await talk(root, [], person({ 'AWS region': undefined }))).code).toBe(130);
  expect((await talk(root, [], person({ 'EKS cluster': 'chat' }, false))).code).toBe(1);
  expect(await read(root, 'platform.yaml')).toBe(await read(workspace, 'platform.yaml'));
});
