import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  backendUrl,
  firstStackOf,
  type Layer,
  layerNames,
  layers,
  type PlatformFile,
  profilesOf,
} from '@envoy-poc/layers';
import { isMap, parseDocument, YAMLParseError } from 'yaml';
import { CheckError } from '#runtime';
import { setYaml } from './edit-yaml.ts';

/** The file at the root that everything account-specific follows from. */
export const platformYaml = 'platform.yaml';

/** A file before and after; `before` is undefined for a new one. */
export interface FileChange {
  /** Below the workspace's root. */
  readonly file: string;
  readonly before: string | undefined;
  readonly after: string;
}

/** A rule by which a file's text follows from `platform.yaml`. */
type Edit = (text: string) => string;

/**
 * What must change so that every file says what `platform.yaml` says. Nothing is written.
 *
 * @throws {CheckError} when a file that is needed is not there or cannot be read
 */
export async function changesFor(root: string, platform: PlatformFile): Promise<FileChange[]> {
  const changes = [
    await changeOf(root, platformYaml, (text) => editPlatformYaml(text, platform)),
    ...(await Promise.all(layers.map((layer) => layerChanges(root, layer, platform)))).flat(),
    ...(
      await Promise.all(Object.entries(inCi(platform)).map(([file, edit]) => changeIn(root, file, edit)))
    ).flat(),
  ];
  return changes.filter(({ before, after }) => before !== after);
}

function editPlatformYaml(text: string, { state, tags, stacks }: PlatformFile): string {
  const flat = (path: string[], values: Record<string, string | undefined>) =>
    Object.entries(values).flatMap(([key, value]) =>
      value === undefined ? [] : [[[...path, key], value] as const],
    );
  return [
    ...flat(['state'], state),
    ...flat(['tags'], tags),
    ...Object.entries(stacks).flatMap(([name, values]) => flat(['stacks', name], values)),
  ].reduce((edited, [path, value]) => setYaml(edited, path, value), text);
}

async function layerChanges(root: string, layer: Layer, platform: PlatformFile): Promise<FileChange[]> {
  const folder = `projects/${layer}`;
  const [firstName, first] = firstStackOf(platform);
  const defaults = layerNames(first)[layer];
  const project = await changeOf(root, `${folder}/Pulumi.yaml`, (text) => {
    let edited = setYaml(text, ['backend', 'url'], backendUrl(platform, true));
    for (const [key, value] of Object.entries(platform.tags)) {
      edited = setYaml(edited, ['config', 'aws:defaultTags', 'value', 'tags', key], value);
    }
    for (const [key, value] of Object.entries(defaults)) {
      edited = setYaml(edited, ['config', key, 'default'], value);
    }
    return edited;
  });
  const stackFile = (name: string) => `${folder}/Pulumi.${name}.yaml`;
  const model = await read(root, stackFile(firstName));
  if (model === undefined) throw missing(stackFile(firstName));
  const stacks = Object.entries(platform.stacks).map(async ([name, values]): Promise<FileChange> => {
    const before = await read(root, stackFile(name));
    const text = before ?? copied(model);
    const own: [key: string, value: string | string[]][] = [
      // The workloads layer makes nothing in AWS, and reads where the cluster is.
      ...(layer === 'workloads' ? [] : [['aws:region', values.region] as [string, string]]),
      ['aws:profile', values.profile],
      ...(values.account === undefined
        ? []
        : [['aws:allowedAccountIds', [values.account]] as [string, string[]]]),
      ...Object.entries(layerNames(values)[layer])
        // The defaults in Pulumi.yaml are the first stack's.
        .filter(([key, value]) => value !== defaults[key] || hasKey(text, `${layer}:${key}`))
        .map(([key, value]): [string, string] => [`${layer}:${key}`, value]),
    ];
    const edit: Edit = (edited) =>
      own.reduce((all, [key, value]) => setYaml(all, ['config', key], value), edited);
    return { file: stackFile(name), before, after: edited(stackFile(name), text, edit) };
  });
  return [project, ...(await Promise.all(stacks))];
}

const hasKey = (text: string, key: string) => parseDocument(text).hasIn(['config', key]);

/** What a stack's file says, for another stack: without what only the stack's own key opens, and its account's names. */
function copied(text: string): string {
  const document = parseDocument(text);
  for (const key of ['encryptionsalt', 'encryptedkey']) document.delete(key);
  const config = document.get('config');
  if (isMap(config)) {
    for (const { key, value } of [...config.items]) if (isSecret(value)) config.delete(key);
    config.delete('aws:allowedAccountIds');
  }
  return document.toString({ lineWidth: 0 });
}

const isSecret = (value: unknown) => isMap(value) && value.has('secure');

/** What follows for CI, by file. A workspace whose CI is another has none of them. */
function inCi(platform: PlatformFile): Record<string, Edit> {
  const { bucket, prefix } = platform.state;
  const url = backendUrl(platform, false);
  const { account } = firstStackOf(platform)[1];
  const withAccount: Edit = (text) =>
    account === undefined ? text : text.replaceAll(/(:iam::)(?:ACCOUNT_ID|\d{12})(?=:)/g, `$1${account}`);
  const policy: Edit = (text) =>
    withAccount(text)
      .replaceAll(/(:s3:::)[^"/*]+(?=")/g, `$1${bucket}`)
      .replaceAll(/(:s3:::)[^"/*]+\/[^"*]+(?=\/\*")/g, `$1${bucket}/${prefix}`)
      .replaceAll(/("s3:prefix": \[")[^"*]+(?=\/\*"\])/g, `$1${prefix}`);
  return {
    '.github/workflows/deploy.yml': (text) =>
      setYaml(text, ['jobs', 'deploy', 'env', 'PULUMI_BACKEND_URL'], url),
    '.github/workflows/pull-request.yml': (text) =>
      setYaml(text, ['jobs', 'preview', 'env', 'PULUMI_BACKEND_URL'], url),
    '.github/actions/aws-session/action.yml': (text) =>
      text.replaceAll(/\bfor profile in [^;\n]*;/g, `for profile in ${profilesOf(platform).join(' ')};`),
    'docs/ci/deploy-policy.json': policy,
    'docs/ci/deploy-trust.json': withAccount,
    'docs/ci/preview-policy.json': policy,
    'docs/ci/preview-trust.json': withAccount,
  };
}

/** Nothing for a file that is not there. */
async function changeIn(root: string, file: string, edit: Edit): Promise<FileChange[]> {
  const before = await read(root, file);
  return before === undefined ? [] : [{ file, before, after: edited(file, before, edit) }];
}

async function changeOf(root: string, file: string, edit: Edit): Promise<FileChange> {
  const [change] = await changeIn(root, file, edit);
  if (!change) throw missing(file);
  return change;
}

function edited(file: string, text: string, edit: Edit): string {
  try {
    return edit(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new CheckError(`${file} is not YAML: ${error.message}`, `edit ${file}`);
  }
}

/** Undefined when there is none. */
export async function read(root: string, file: string): Promise<string | undefined> {
  try {
    return await readFile(join(root, file), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CheckError(`${file} cannot be read: ${(error as Error).message}`, `ls -l ${file}`);
  }
}

export const missing = (file: string) =>
  new CheckError(`there is no ${file}`, `git checkout -- ${file}, where it was deleted by mistake`);
