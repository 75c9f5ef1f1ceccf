import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { entryOf, mergeEntry } from './merge.ts';

const place = {
  ...{ name: 'envoy-poc', region: 'us-east-1', profile: 'k8s', namespace: 'envoy-poc' },
  ...{ deployProfile: undefined, admins: [] },
};
const cluster = { arn: 'arn:c', endpoint: 'https://api', certificateAuthority: 'Q0E=' };
const entry = entryOf(cluster, place, ['node', 'access', 'token']);

const others = `# mine, do not touch
apiVersion: v1
kind: Config
preferences:
  colors: true
current-context: home # where I was
clusters:
  - name: home # at home
    cluster:
      server: "https://192.0.2.1:6443"
contexts:
  - name: home
    context:
      cluster: home
      user: me
      namespace: games
users:
  # a long token, on one line
  - name: me
    user:
      token: ${'x'.repeat(200)}
`;

test('a new kubeconfig', () => {
  expect(parse(mergeEntry(undefined, entry, 'f'))).toEqual({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'arn:c', cluster: { server: 'https://api', 'certificate-authority-data': 'Q0E=' } }],
    contexts: [{ name: 'arn:c', context: { cluster: 'arn:c', user: 'arn:c' } }],
    users: [
      {
        name: 'arn:c',
        user: {
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1beta1',
            command: 'node',
            args: ['access', 'token', '--cluster-name', 'envoy-poc', '--region', 'us-east-1'],
            env: [{ name: 'AWS_PROFILE', value: 'k8s' }],
          },
        },
      },
    ],
    'current-context': 'arn:c',
  });
  for (const empty of ['', '\n', '# nothing yet\n']) {
    expect(parse(mergeEntry(empty, entry, 'f')).clusters).toHaveLength(1);
  }
});

test('other clusters, their order, comments and settings stay', () => {
  const merged = mergeEntry(others, entry, 'f');
  const before = parse(others);
  const after = parse(merged);
  for (const list of ['clusters', 'contexts', 'users']) expect(after[list].slice(0, 1)).toEqual(before[list]);
  expect(after.preferences).toEqual({ colors: true });
  expect(after['current-context']).toBe('arn:c');
  for (const comment of ['# mine, do not touch', '# at home', '# a long token, on one line']) {
    expect(merged).toContain(comment);
  }
  // Every line that was there is still there, but for the current context.
  const gone = others.split('\n').filter((line) => !merged.split('\n').includes(line));
  expect(gone.map((line) => line.split(':')[0])).toEqual(['current-context']);
});

test('the same again changes nothing, and a new endpoint replaces the old one', () => {
  const once = mergeEntry(others, entry, 'f');
  expect(mergeEntry(once, entry, 'f')).toBe(once);
  const moved = entryOf({ ...cluster, endpoint: 'https://new' }, place, ['node']);
  const { clusters } = parse(mergeEntry(once, moved, 'f'));
  expect(clusters.map(({ cluster }: { cluster: { server: string } }) => cluster.server)).toEqual([
    'https://192.0.2.1:6443',
    'https://new',
  ]);
});

test('lists that are null, and JSON, which is YAML too', () => {
  const text = '{"apiVersion": "v1", "kind": "Config", "clusters": null, "users": [], "contexts": []}';
  expect(parse(mergeEntry(text, entry, 'f')).clusters).toHaveLength(1);
});

test.each([
  ['no YAML', 'a: [1\nb', /^f is no kubeconfig, and was not touched: it is no YAML: /],
  ['words', 'hello', /it is no map/],
  ['several documents', 'a: 1\n---\nb: 2\n', /several YAML documents/],
  ['a list that is none', 'clusters: {a: 1}\n', /clusters is no list/],
  ['the same key twice', 'kind: Config\nkind: Config\n', /it is no YAML: Map keys must be unique/],
])('%s', (_, text, message) => {
  expect(() => mergeEntry(text, entry, 'f')).toThrow(message);
});
