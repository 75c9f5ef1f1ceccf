import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Layer, layers } from '@envoy-poc/layers';
import type { KubeConfig } from '@kubernetes/client-node';
import { parse, stringify } from 'yaml';

const workspace = resolve(import.meta.dirname, '../../..');
const published = join(import.meta.dirname, 'published-layer.ts');

/** A workspace whose five layers have a stack `dev` on the real engine: the workloads are the real layer, the others only publish. */
export interface RigWorkspace extends AsyncDisposable {
  readonly root: string;
  /** What commands must have in their environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Sets values of a layer's configuration and deploys it. @throws {Error} when that fails */
  up(layer: Layer, config: Readonly<Record<string, unknown>>): Promise<void>;
  /** Takes a layer down. */
  destroy(layer: Layer): Promise<void>;
  /** Whether the AWS CLI, as kubeconfigs call it, gives a token; if not, it says this on stderr. */
  setToken(refusal?: string): Promise<void>;
}

/** @param cluster whose user the AWS CLI's token stands for */
export async function rigWorkspace(cluster: KubeConfig): Promise<RigWorkspace> {
  const root = await mkdtemp(join(tmpdir(), 'envoy-poc-verify-'));
  const bin = join(root, 'bin');
  const env = {
    PATH: `${bin}:${process.env.PATH}`,
    PULUMI_BACKEND_URL: `file://${join(root, 'state')}`,
    PULUMI_CONFIG_PASSPHRASE: 'correct-horse-battery-staple',
  };
  await mkdir(join(root, 'state'));
  await mkdir(bin);
  const folder = (layer: Layer) => join(root, 'projects', layer);
  const file = (layer: Layer) => join(folder(layer), 'Pulumi.dev.yaml');
  const pulumi = async (layer: Layer, ...words: string[]): Promise<void> => {
    const options = { cwd: folder(layer), env: { ...process.env, ...env }, maxBuffer: 1e8 };
    const all = [...words, '--stack', 'dev', '--non-interactive'];
    await promisify(execFile)('pulumi', all, options).catch((error: Error & { stdout: string }) => {
      throw new Error(`${layer}: ${error.message}${error.stdout}`, { cause: error });
    });
  };
  const init = async (layer: Layer) => {
    const from = join(workspace, 'projects', layer);
    const project = parse(await readFile(join(from, 'Pulumi.yaml'), 'utf8')) as { main: string };
    const main = layer === 'workloads' ? join(from, project.main) : published;
    await mkdir(folder(layer), { recursive: true });
    await writeFile(join(folder(layer), 'Pulumi.yaml'), stringify({ ...project, backend: undefined, main }));
    await pulumi(layer, 'stack', 'init');
  };
  const setToken = async (refusal?: string) => {
    const answer = refusal === undefined ? `cat '${root}/token.json'` : `echo '${refusal}' >&2; exit 255`;
    await writeFile(join(bin, 'aws'), `#!/bin/sh\n${answer}\n`);
    await chmod(join(bin, 'aws'), 0o755);
  };
  await writeFile(join(root, 'token.json'), JSON.stringify(credentialOf(cluster)), { mode: 0o600 });
  await Promise.all([...layers.map(init), setToken()]);
  return {
    ...{ root, env, setToken },
    async up(layer, config) {
      const text = await readFile(file(layer), 'utf8').catch(() => '');
      const settings = (parse(text) ?? {}) as { config?: object };
      await writeFile(file(layer), stringify({ ...settings, config: { ...settings.config, ...config } }));
      await pulumi(layer, 'up', '--yes', '--skip-preview', '--suppress-outputs');
    },
    async destroy(layer) {
      await pulumi(layer, 'destroy', '--yes', '--skip-preview');
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

/**
 * What `aws eks get-token` would print for a cluster that takes its tokens; here it is the certificate or token of the
 * kubeconfig (https://kubernetes.io/docs/reference/config-api/client-authentication.v1beta1/).
 */
function credentialOf(cluster: KubeConfig): object {
  const user = cluster.getCurrentUser();
  const plain = (base64: string | undefined) => base64 && Buffer.from(base64, 'base64').toString();
  return {
    apiVersion: 'client.authentication.k8s.io/v1beta1',
    kind: 'ExecCredential',
    status: {
      token: user?.token,
      clientCertificateData: plain(user?.certData),
      clientKeyData: plain(user?.keyData),
    },
  };
}
