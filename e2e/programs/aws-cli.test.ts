import { execFileSync } from 'node:child_process';
import { lstat, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { machineOf } from '@envoy-poc/cli/access/testing';
import { apiServer, awsEndpoint, haveOpenssl } from '@envoy-poc/doubles/cluster';
import { haveCommand } from '@envoy-poc/testing';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const arn = 'arn:aws:eks:us-east-1:123456789012:cluster/envoy-poc';
const callerArn = 'arn:aws:sts::123456789012:assumed-role/engineer/me';
const haveAws = haveCommand('aws', 'Install the AWS CLI, for example: pip install awscli');

/** A machine with the real AWS CLI and an AWS where the cluster is. */
async function machineWithAws(kubeconfig?: string) {
  const server = await apiServer({ userOf: () => callerArn });
  const endpoint = await awsEndpoint({ callerArn, cluster: { name: 'envoy-poc', arn, ...server } });
  const real = execFileSync('sh', ['-c', 'command -v aws'], { encoding: 'utf8' }).trim();
  const aws = `#!/bin/sh\nPATH='${process.env.PATH}' exec ${real} "$@"\n`;
  const env = { AWS_ENDPOINT_URL: endpoint };
  const machine = await machineOf({ aws, env, ...(kubeconfig !== undefined && { kubeconfig }) });
  return { machine, server };
}

describe.runIf(haveAws && haveOpenssl())('with the AWS CLI', { timeout: 180_000 }, () => {
  test('the documented line writes the kubeconfig, beside what is there, for its owner only', async () => {
    const { machine, server } = await machineWithAws();
    const { ok, seen } = await machine.report();
    expect(ok, JSON.stringify(seen, null, 2)).toBe(true);
    expect(seen.kubeconfig).toBe(
      `pass by aws eks update-kubeconfig --name envoy-poc --region us-east-1 --profile avive-cfndev-k8s: Added new context ${arn} to ${machine.kubeconfig}`,
    );
    expect((await stat(machine.kubeconfig)).mode & 0o777).toBe(0o600);
    const written = parse(await readFile(machine.kubeconfig, 'utf8'));
    expect(written['current-context']).toBe(arn);
    expect(written.clusters).toEqual([
      {
        name: arn,
        cluster: { server: server.endpoint, 'certificate-authority-data': server.certificateAuthority },
      },
    ]);
    const { exec } = written.users[0].user;
    expect(exec.args).toEqual(
      expect.arrayContaining(['--cluster-name', 'envoy-poc', '--region', 'us-east-1']),
    );
    expect(exec.env).toEqual([{ name: 'AWS_PROFILE', value: 'avive-cfndev-k8s' }]);
    // The same again changes nothing.
    expect((await machine.report()).seen.kubeconfig).toContain('Updated context');
    expect(parse(await readFile(machine.kubeconfig, 'utf8'))).toEqual(written);
  });

  test('other clusters stay, behind a symbolic link too', async () => {
    const { machine } = await machineWithAws();
    const home = { name: 'home', cluster: { server: 'https://192.0.2.1:6443' } };
    const mine = { ...{ apiVersion: 'v1', kind: 'Config' }, preferences: { colors: true }, clusters: [home] };
    await writeFile(`${machine.home}/real`, JSON.stringify(mine));
    await symlink(`${machine.home}/real`, `${machine.home}/link`);
    const { ok, seen } = await machine.report('--kubeconfig', `${machine.home}/link`);
    expect(ok, JSON.stringify(seen, null, 2)).toBe(true);
    expect((await lstat(`${machine.home}/link`)).isSymbolicLink()).toBe(true);
    const after = parse(await readFile(`${machine.home}/real`, 'utf8'));
    expect(after).toMatchObject({ preferences: { colors: true }, 'current-context': arn });
    expect(after.clusters).toHaveLength(2);
    expect(after.clusters[0]).toEqual(home);
  });

  test('a kubeconfig that is none is not touched by it', async () => {
    const { machine } = await machineWithAws('clusters: [\n');
    const { seen, next } = await machine.report();
    expect(seen.kubeconfig).toMatch(
      /^fail .*config is not a kubeconfig, and was left as it is: invalid YAML/,
    );
    expect(next.kubeconfig).toContain('--kubeconfig');
    expect(await readFile(machine.kubeconfig, 'utf8')).toBe('clusters: [\n');
  });
});

test('a kubeconfig that the AWS CLI emptied and could not write again is what it was', async () => {
  const cluster = { name: 'envoy-poc', arn, endpoint: 'https://127.0.0.1:1', certificateAuthority: 'Q0E=' };
  const mine = '# mine\napiVersion: v1\n';
  const machine = await machineOf({
    aws: '#!/bin/sh\n: > "$HOME/.kube/config"\necho "No space left on device" >&2\nexit 1\n',
    kubeconfig: mine,
    env: { AWS_ENDPOINT_URL: await awsEndpoint({ callerArn, cluster }) },
  });
  expect((await machine.report()).seen.kubeconfig).toContain('ended with 1: No space left on device');
  expect(await readFile(machine.kubeconfig, 'utf8')).toBe(mine);
});

test('what the AWS CLI says when it fails', async () => {
  const aws = '#!/bin/sh\necho "aws: something is wrong" >&2\nexit 254\n';
  const cluster = { name: 'envoy-poc', arn, endpoint: 'https://127.0.0.1:1', certificateAuthority: 'Q0E=' };
  const machine = await machineOf({
    aws,
    env: { AWS_ENDPOINT_URL: await awsEndpoint({ callerArn, cluster }) },
  });
  const line = 'aws eks update-kubeconfig --name envoy-poc --region us-east-1 --profile avive-cfndev-k8s';
  const { seen, next } = await machine.report();
  expect(seen.kubeconfig).toBe(`fail ${line} ended with 254: aws: something is wrong`);
  expect(next.kubeconfig).toBe(line);
  const named = await machine.report('--kubeconfig', `${machine.home}/other`);
  expect(named.next.kubeconfig).toBe(`${line} --kubeconfig ${machine.home}/other`);
});
