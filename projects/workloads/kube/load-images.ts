#!/usr/bin/env node
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { appNames, apps, variableOf } from '@envoy-poc/layers';
import { parseDocument } from 'yaml';
import { z } from 'zod';

const usage = `Usage: npx nx run workloads:load-images [--context NAME]

Builds the images of all apps and loads them into a cluster's nodes, named by digest, as the layer wants them.

  --context NAME   also write the settings of a stack "local" that runs them there: Pulumi.local.yaml

  ${appNames.map((app) => variableOf(app, 'REPOSITORY')).join(', ')}
                   names under which the nodes shall find them as well, such as those of repositories in ECR
  LOAD_IMAGE       command that loads an archive (default: kind load image-archive)
  BASE_IMAGES      folder with OCI layouts "node-24" and "envoy-1.40": base of the images, and an Envoy to load as
                   well. Without it they come from registries, and the nodes pull Envoy themselves.

Prints the references as ${[...appNames, 'envoy'].map((name) => `${variableOf(name, 'IMAGE')}=…`).join(', ')}. Exit: 0 done, 1 failed, 2 bad usage.
`;

const workspace = resolve(import.meta.dirname, '../../..');

const layoutIndex = z.looseObject({
  manifests: z.array(
    z.looseObject({ digest: z.string(), annotations: z.record(z.string(), z.string()).optional() }),
  ),
});

/** Builds, loads and gives the references, by the name of the environment variable that tests read. */
async function loadImages(folder: string): Promise<Record<string, string>> {
  const bases = process.env.BASE_IMAGES;
  const layout = join(folder, 'layout');
  const base = bases ? ['--base', `oci:${resolve(workspace, bases, 'node-24')}`] : [];
  await run('push-images', ['--output', `oci:${layout}`, ...base]);

  const { manifests, ...index } = await readIndex(layout);
  const images = manifests.map((manifest) => ({
    manifest,
    name: manifest.annotations?.['org.opencontainers.image.ref.name'] ?? '',
  }));
  if (bases) {
    const envoy = resolve(workspace, bases, 'envoy-1.40');
    await cp(join(envoy, 'blobs'), join(layout, 'blobs'), { recursive: true });
    images.push(...(await readIndex(envoy)).manifests.map((manifest) => ({ manifest, name: 'envoy' })));
  }
  const named = images.map(({ manifest, name }) => ({
    manifest,
    name,
    reference: referenceOf(name, manifest),
  }));
  // The node finds an image by the very name that a pod gives. It carries a digest, which no other archive format can.
  const renamed = named.flatMap(({ manifest, name, reference }) => {
    const repository = process.env[variableOf(name, 'REPOSITORY')];
    const names = repository ? [reference, `${repository}@${manifest.digest}`] : [reference];
    return names.map((each) => ({ ...manifest, annotations: { 'io.containerd.image.name': each } }));
  });
  await writeFile(join(layout, 'index.json'), JSON.stringify({ ...index, manifests: renamed }));
  const archive = join(folder, 'images.tar');
  await run('tar', ['-cf', archive, '-C', layout, 'oci-layout', 'index.json', 'blobs']);
  const [command = '', ...args] = (process.env.LOAD_IMAGE || 'kind load image-archive').split(' ');
  await run(command, [...args, archive]);
  return Object.fromEntries(named.map(({ name, reference }) => [variableOf(name, 'IMAGE'), reference]));
}

/** `.invalid` is nobody's, so that a node that lacks the image asks no registry (RFC 2606). */
function referenceOf(name: string, { digest }: { digest: string }): string {
  return `envoy-poc.invalid/${name}@${digest}`;
}

async function readIndex(layout: string): Promise<z.infer<typeof layoutIndex>> {
  return layoutIndex.parse(JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')));
}

/** Runs a command to its end; what it prints goes to stderr. */
async function run(command: string, args: string[]): Promise<void> {
  const child = spawn(command, args, { cwd: workspace, stdio: ['ignore', process.stderr, process.stderr] });
  const failed = (why: string) => new Error(`${[command, ...args].join(' ')}: ${why}`);
  const [code] = await once(child, 'exit').catch((error: NodeJS.ErrnoException) => {
    throw failed(
      error.code === 'ENOENT' ? 'no such command on PATH; install it, or set LOAD_IMAGE' : String(error),
    );
  });
  if (code !== 0) throw failed(`ended with ${code}`);
}

/** Sets context and images of the stack "local"; what else its settings say stays. */
async function writeSettings(context: string, references: Record<string, string>): Promise<void> {
  const file = join(import.meta.dirname, '../Pulumi.local.yaml');
  const settings = parseDocument(await readFile(file, 'utf8').catch(() => ''));
  const set = (key: string, value: string | undefined) => {
    if (value !== undefined) settings.setIn(['config', `workloads:${key}`], value);
  };
  set('context', context);
  for (const app of appNames) set(`${apps[app].workload}Image`, references[variableOf(app, 'IMAGE')]);
  set('edgeImage', references[variableOf('envoy', 'IMAGE')]);
  await writeFile(file, settings.toString());
}

/** What is missing without a context: a stack of this layer is one on AWS unless its settings name a cluster. */
async function whereToRun(): Promise<string> {
  const current = await promisify(execFile)('kubectl', ['config', 'current-context']).then(
    ({ stdout }) => stdout.trim(),
    () => '',
  );
  const command = `npx nx run workloads:load-images --context ${current || 'NAME (kubectl config get-contexts)'}`;
  return `no settings were written, so a deploy would be one to AWS. To run them here: ${command}`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { context: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), 'envoy-poc-images-'));
  try {
    const references = await loadImages(folder);
    for (const [name, reference] of Object.entries(references))
      process.stdout.write(`${name}=${reference}\n`);
    if (values.context !== undefined) await writeSettings(values.context, references);
    else process.stderr.write(`${await whereToRun()}\n`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
}
