import { expect, test } from 'vitest';
import { deployed } from './deployed.ts';
import { failed, ok, scenarios } from './setting.ts';

const account = 'arn:aws:iam::123456789012';
const person = `${account}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef`;
const personSession = 'arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/jo';
const ci = `${account}:role/deploy`;
const ciSession = 'arn:aws:sts::123456789012:assumed-role/deploy/GitHubActions';

scenarios(
  'a cluster that one principal makes and others change',
  (rehearsal) => {
    const as = (caller: string, verb: 'preview' | 'deploy' | 'destroy') =>
      rehearsal().inLayer('cluster', 'env', `REHEARSE_CALLER_ARN=${caller}`, 'envoy-poc', verb);
    /** Whose access entries this layer made. */
    const entries = () =>
      rehearsal()
        .account()
        .filter(({ type, urn }) => type.endsWith(':AccessEntry') && !urn.endsWith('-made-by-eks'))
        .map(({ inputs }) => inputs.principalArn);

    test.each([
      ['a person makes it, CI deploys', personSession, person, ciSession, ci],
      ['CI makes it, a person deploys', ciSession, ci, personSession, person],
    ])('%s', async (_, creator, created, other, listed) => {
      await ok(rehearsal().nx('run', 'cluster:destroy', '--yes'));
      rehearsal().configure('cluster', { adminPrincipalArns: [person, ci] });
      expect(await ok(as(creator, 'deploy'))).toContain(`${created} makes the cluster`);
      expect(entries()).toEqual([listed]);
      for (const caller of [other, creator]) {
        expect(await ok(as(caller, 'deploy'))).toContain(
          `${created} has an access entry already that this layer did not make`,
        );
        expect(entries()).toEqual([listed]);
      }
    });
  },
  deployed,
);

scenarios(
  'a cluster that stands',
  (rehearsal) => {
    const settings = (version: string, kubeProxyVersion: string) =>
      rehearsal().configure('cluster', { version, kubeProxyVersion });

    test('is not taken two minor versions up, in preview and deploy', async () => {
      settings('1.35', 'v1.35.0-eksbuild.2');
      const before = rehearsal().account();
      for (const verb of ['preview', 'deploy']) {
        expect(await failed(rehearsal().inLayer('cluster', 'envoy-poc', verb))).toMatch(
          /stands at 1\.33, and EKS goes up one minor version at a time; set 1\.34 first/,
        );
      }
      expect(rehearsal().account()).toEqual(before);
    });

    test('is taken up by one, and not down again', async () => {
      settings('1.34', 'v1.34.1-eksbuild.2');
      expect(await ok(rehearsal().inLayer('cluster', 'envoy-poc', 'deploy'))).toContain(
        'Kubernetes 1.33 → 1.34',
      );
      settings('1.33', 'v1.33.8-eksbuild.4');
      expect(await failed(rehearsal().inLayer('cluster', 'envoy-poc', 'deploy'))).toMatch(
        /stands at 1\.34, and EKS never goes down/,
      );
    });

    test('of another stack is not taken over', async () => {
      for (const layer of ['network', 'cluster'] as const) rehearsal().configure(layer, {}, 'staging');
      await ok(rehearsal().inLayer('network', 'envoy-poc', 'deploy', '--stack', 'staging'));
      const before = rehearsal().account();
      expect(
        await failed(rehearsal().inLayer('cluster', 'envoy-poc', 'deploy', '--stack', 'staging')),
      ).toMatch(/belongs to stack dev of envoy-poc.*set another, such as envoy-poc-staging/);
      expect(rehearsal().account()).toEqual(before);
    });
  },
  deployed,
);
