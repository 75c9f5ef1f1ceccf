import { Document, isMap, isSeq, type ParsedNode, parseAllDocuments } from 'yaml';
import { CheckError } from '#runtime';
import type { Cluster, ClusterPlace } from '../context.ts';

/** One cluster in a kubeconfig: each under the same name. */
export interface Entry {
  readonly name: string;
  readonly cluster: object;
  readonly context: object;
  readonly user: object;
}

/**
 * The entry that `aws eks update-kubeconfig` makes, but for the program that makes the token.
 *
 * @param tokenCommand a program and its first words; it takes `--cluster-name` and `--region`
 */
export function entryOf(
  { arn, endpoint, certificateAuthority }: Cluster,
  { name, region, profile }: ClusterPlace,
  [command, ...words]: readonly [string, ...string[]],
): Entry {
  return {
    name: arn,
    cluster: { 'certificate-authority-data': certificateAuthority, server: endpoint },
    context: { cluster: arn, user: arn },
    user: {
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1beta1',
        args: [...words, '--cluster-name', name, '--region', region],
        command,
        env: [{ name: 'AWS_PROFILE', value: profile }],
      },
    },
  };
}

/**
 * The text of a kubeconfig with an entry put in, or in place of the one of the same name, and made the current one.
 * Everything else stays, comments too.
 *
 * @param text undefined: a new kubeconfig
 * @throws {CheckError} when it is none
 */
export function mergeEntry(text: string | undefined, entry: Entry, file: string): string {
  const document = parseKubeconfig(text, file);
  for (const [list, key] of [
    ['clusters', 'cluster'],
    ['contexts', 'context'],
    ['users', 'user'],
  ] as const) {
    const node = document.createNode({ [key]: entry[key], name: entry.name });
    const items = document.get(list);
    if (!isSeq(items)) document.set(list, document.createNode([node]));
    else {
      const index = items.items.findIndex((item) => isMap(item) && item.get('name') === entry.name);
      if (index < 0) items.add(node);
      else items.items[index] = node;
    }
  }
  document.set('current-context', entry.name);
  return document.toString({ lineWidth: 0 });
}

/** Whether a kubeconfig has a cluster of this name. @throws {CheckError} when it is none */
export function hasCluster(text: string, name: string, file: string): boolean {
  const clusters = parseKubeconfig(text, file).get('clusters');
  return isSeq(clusters) && clusters.items.some((item) => isMap(item) && item.get('name') === name);
}

const lists = ['clusters', 'contexts', 'users'];

function parseKubeconfig(text: string | undefined, file: string): Document.Parsed | Document<ParsedNode> {
  const bad = (why: string) =>
    new CheckError(
      `${file} is no kubeconfig, and was not touched: ${why}`,
      `mend or move ${file}, or name another file with --kubeconfig`,
    );
  const [document, ...more] = parseAllDocuments(text ?? '');
  if (document === undefined || (document.contents === null && document.errors.length === 0)) {
    return new Document<ParsedNode>({ apiVersion: 'v1', kind: 'Config' } as never);
  }
  const [error] = document.errors;
  if (error) throw bad(`it is no YAML: ${error.message.split('\n')[0]}`);
  if (more.length > 0) throw bad('it holds several YAML documents');
  if (!isMap(document.contents)) throw bad('it is no map');
  for (const name of lists) {
    const list = document.get(name);
    if (list !== undefined && list !== null && !isSeq(list)) throw bad(`${name} is no list`);
  }
  return document;
}
