import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, type Credentials, STSClient } from '@aws-sdk/client-sts';
import { root } from '@envoy-poc/doubles';
import { freePort } from '@envoy-poc/env/listen';
import { platformFileOf } from '@envoy-poc/layers';
import { haveCommand } from '@envoy-poc/testing';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

const create = ['stack', 'select', 'dev', '--create'];
const { bucket } = platformFileOf(root).state;
const motoServer = process.env.MOTO_SERVER || 'moto_server';
const needs = [
  haveCommand('pulumi', 'Install it: https://www.pulumi.com/docs/install/'),
  haveCommand('aws', 'Install the AWS CLI.'),
  haveCommand(motoServer, "Install it, pip install 'moto[server]==5.2.5', or set MOTO_SERVER."),
];

/** The commands of docs/ci.md, against moto (https://docs.getmoto.org) with its enforcement of policies. */
describe.skipIf(needs.includes(false))('the roles as docs/ci.md makes them', { timeout: 600_000 }, () => {
  let folder: string;
  let moto: ChildProcess;
  let endpoint: string;
  let sessions: Map<string, Credentials | undefined>;
  const env = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    PATH: process.env.PATH,
    HOME: folder,
    AWS_ENDPOINT_URL: endpoint,
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_REGION: 'us-east-1',
    AWS_PAGER: '',
    AWS_ACCESS_KEY_ID: 'setup',
    AWS_SECRET_ACCESS_KEY: 'setup',
    ...more,
  });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'envoy-poc-roles-'));
    const port = await freePort();
    endpoint = `http://127.0.0.1:${port}`;
    moto = spawn(motoServer, ['-H', '127.0.0.1', '-p', `${port}`], { stdio: 'ignore' });
    const up = async () => {
      expect(moto.exitCode).toBeNull();
      expect((await fetch(`${endpoint}/moto-api/`)).ok).toBe(true);
    };
    await vi.waitFor(up, { timeout: 120_000, interval: 200 });
    const credentials = { accessKeyId: 'setup', secretAccessKey: 'setup' };
    const s3 = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));

    const page = readFileSync(join(root, 'docs/ci.md'), 'utf8');
    const commands = /```sh\n(account=.*?)```/s.exec(page)?.[1] ?? '';
    const made = commands.replaceAll('REPOSITORY\n', 'org/repo\n').replaceAll('/tmp/', `${folder}/`);
    const ran = spawnSync('bash', ['-euc', made], { cwd: root, env: env(), encoding: 'utf8' });
    expect(ran.status, ran.stderr).toBe(0);

    writeFileSync(join(folder, 'Pulumi.yaml'), 'name: network\nruntime: nodejs\nmain: index.mjs\n');
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'index.mjs'), 'export const made = true;\n');
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    mkdirSync(join(folder, 'pulumi'));
    const sts = new STSClient({ endpoint, region: 'us-east-1', credentials });
    const roles = new Map<string, Credentials | undefined>();
    for (const role of ['deploy', 'preview']) {
      const { Credentials } = await sts.send(
        new AssumeRoleCommand({
          RoleArn: `arn:aws:iam::123456789012:role/envoy-poc-${role}`,
          RoleSessionName: 'test',
        }),
      );
      roles.set(role, Credentials);
    }
    // From here on nothing is allowed that no policy allows.
    await fetch(`${endpoint}/moto-api/reset-auth`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: '0',
    });
    sessions = roles;
  }, 300_000);
  afterAll(() => {
    moto?.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs Pulumi with a session of a role. */
  function pulumi(role: string, words: string[], prefix = 'envoy-poc') {
    const session = sessions.get(role);
    const place = `s3://${bucket}/${prefix}?endpoint=${endpoint}&s3ForcePathStyle=true&awssdk=v2&region=us-east-1`;
    const { status, stdout, stderr } = spawnSync('pulumi', [...words, '--non-interactive'], {
      cwd: folder,
      encoding: 'utf8',
      env: env({
        AWS_ACCESS_KEY_ID: session?.AccessKeyId,
        AWS_SECRET_ACCESS_KEY: session?.SecretAccessKey,
        AWS_SESSION_TOKEN: session?.SessionToken,
        PULUMI_BACKEND_URL: place,
        PULUMI_CONFIG_PASSPHRASE: 'test',
        PULUMI_HOME: join(folder, 'pulumi'),
        PULUMI_SKIP_UPDATE_CHECK: 'true',
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
      }),
    });
    return { status, output: stdout + stderr };
  }

  test('that of deploy keeps state, at its place and nowhere else', () => {
    for (const words of [create, ['up', '--yes', '--stack', 'dev']]) {
      const made = pulumi('deploy', words);
      expect(made, made.output).toMatchObject({ status: 0 });
    }
    const elsewhere = pulumi('deploy', create, 'other');
    expect(elsewhere.status).not.toBe(0);
    expect(elsewhere.output).toMatch(/AccessDenied/);
  });

  test('that of preview previews with the state as it is, and can neither change it nor make a stack', () => {
    for (const words of [create, ['preview', '--refresh', '--stack', 'dev']]) {
      const read = pulumi('preview', words);
      expect(read, read.output).toMatchObject({ status: 0 });
      if (words[0] === 'preview') expect(read.output).toContain('1 unchanged');
    }
    for (const words of [
      ['up', '--yes', '--stack', 'dev'],
      ['stack', 'select', 'new', '--create'],
    ]) {
      const refused = pulumi('preview', words);
      expect(refused.status, words.join(' ')).not.toBe(0);
      expect(refused.output).toMatch(/PutObject.*AccessDenied/s);
    }
  });
});
