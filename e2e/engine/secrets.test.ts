import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Layer } from '@envoy-poc/layers';
import { expect, test } from 'vitest';
import { ok, scenarios } from './setting.ts';

scenarios('secret configuration', (rehearsal) => {
  const set = async (layer: Layer, kind: '--secret' | '--plaintext', key: string, value: string) => {
    await ok(rehearsal().inLayer(layer, 'pulumi', 'stack', 'select', 'dev', '--create', '--non-interactive'));
    await ok(
      rehearsal().inLayer(layer, 'pulumi', 'config', 'set', '--path', kind, '--stack', 'dev', key, value),
    );
  };
  /** The files, of a backend and of records, that hold a text. */
  const filesWith = (text: string, without: readonly string[] = []) =>
    ['state', 'workspace/dist/runs']
      .map((name) => join(rehearsal().folder, name))
      .flatMap((folder) =>
        readdirSync(folder, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name)),
      )
      .filter((file) => withoutKeys(readFileSync(file, 'utf8'), ['__inputs', ...without]).includes(text));

  test('of a list and a name is in no state, record or output; what is plain is', async () => {
    await set('network', '--secret', 'network:albIngressCidrs[0]', '203.0.113.77/32');
    await set('network', '--plaintext', 'network:vpcCidr', '10.77.0.0/16');
    await set('cluster', '--secret', 'cluster:kubectlProfile', 'profile-of-9917');
    const output = [
      await ok(rehearsal().nx('run', 'cluster:deploy')),
      await ok(rehearsal().inLayer('cluster', 'envoy-poc', 'outputs')),
    ].join('\n');
    expect(filesWith('10.77.0.0/16')).not.toEqual([]);
    for (const secret of ['203.0.113.77', 'profile-of-9917']) {
      expect(filesWith(secret), secret).toEqual([]);
      expect(output).not.toContain(secret);
    }
    // It is there all the same, for whoever may read it.
    const shown = await ok(rehearsal().inLayer('cluster', 'envoy-poc', 'outputs', '--show-secrets'));
    expect(shown).toContain('--profile profile-of-9917');
  });

  test('of the cluster that workloads run in alone, whatever comes of the deploy', async () => {
    const image = `registry.example/image-of-4471@sha256:${'0'.repeat(64)}`;
    await set('workloads', '--secret', 'workloads:kubeconfig', '{"kind":"Config","token":"token-of-4471"}');
    await set('workloads', '--secret', 'workloads:serverImage', image);
    for (const key of ['workloads:clientImage', 'workloads:pickerImage'])
      await set('workloads', '--plaintext', key, image.replace('image-of-4471', 'plain'));
    const { output } = await rehearsal().inLayer('workloads', 'envoy-poc', 'deploy');
    expect(filesWith('registry.example/plain@')).not.toEqual([]);
    expect(filesWith('token-of-4471')).toEqual([]);
    // Deep in a list, the double's answer gives it away, which is the provider's affair; the inputs do not.
    expect(filesWith('image-of-4471', ['outputs'])).toEqual([]);
    expect(output).not.toMatch(/of-4471/);
  });

  test('that would be in ids is refused, and what is not valid is not told', async () => {
    await set('registry', '--secret', 'registry:repositoryPrefix', 'prefix-of-5512');
    const refused = await rehearsal().inLayer('registry', 'envoy-poc', 'deploy');
    expect(refused.output).toContain(
      'registry:repositoryPrefix is secret, and cannot be kept so: the ids of resources hold it',
    );
    await set('cluster', '--secret', 'cluster:instanceType', 'word-of-6613');
    const wrong = await rehearsal().inLayer('cluster', 'envoy-poc', 'deploy');
    expect(wrong.output).toContain('cluster:instanceType is secret, and not valid');
    for (const { code, output } of [refused, wrong]) {
      expect(code).toBe(1);
      expect(output).not.toMatch(/of-5512|of-6613/);
    }
    for (const secret of ['prefix-of-5512', 'word-of-6613']) expect(filesWith(secret)).toEqual([]);
  });
});

/** A file without some keys, such as what only the doubles write: the inputs once more, which a real provider does not. */
function withoutKeys(text: string, keys: readonly string[]): string {
  try {
    return JSON.stringify(JSON.parse(text, (key, value) => (keys.includes(key) ? undefined : value)));
  } catch {
    return text;
  }
}
