import { expect, test } from 'vitest';
import { defaultBase } from './apps.ts';
import { parseCommandLine } from './command-line.ts';

test('without a command or an option: both apps, stack dev, to the registry', () => {
  const invocation = parseCommandLine([]);
  expect(invocation).toMatchObject({
    command: 'push',
    json: false,
    options: {
      apps: ['ws-server', 'ws-client'],
      stack: 'dev',
      base: defaultBase,
      format: 'oci',
      mode: 'push',
      build: true,
    },
  });
  expect(invocation).toEqual(parseCommandLine(['push']));
});

test('options of every kind', () => {
  const given = [
    '--app',
    'ws-client',
    '--stack',
    'prod',
    '--dry-run',
    '--no-build',
    '--tag',
    'v1',
    '--format',
    'docker',
  ];
  expect(parseCommandLine([...given, '--platform', 'linux/arm64', '--json'])).toMatchObject({
    json: true,
    options: {
      apps: ['ws-client'],
      stack: 'prod',
      mode: 'plan',
      build: false,
      tag: 'v1',
      platforms: ['linux/arm64'],
    },
  });
  expect(parseCommandLine(['--output', 'archive:a.tar'])).toMatchObject({
    options: { output: { kind: 'archive', path: 'a.tar' } },
  });
  const both = { options: { platforms: ['linux/amd64', 'linux/arm64'] } };
  expect(parseCommandLine(['--platform', 'linux/amd64,linux/arm64'])).toMatchObject(both);
  expect(parseCommandLine(['--platform', 'linux/amd64', 'linux/arm64'])).toMatchObject(both);
  expect(parseCommandLine(['--verify'])).toMatchObject({ options: { mode: 'verify' } });
  expect(parseCommandLine(['list', '--app', 'ws-server'])).toMatchObject({ command: 'list' });
  expect(parseCommandLine(['login', '--authfile', 'a.json'])).toMatchObject({
    command: 'login',
    authFile: 'a.json',
  });
});

test('what Nx hands on from a deploy is ignored where that is asked for', () => {
  const words = ['--app', 'ws-server', '--ignore-unknown', '--refresh', '--parallel', '5', '--tag=v1'];
  expect(parseCommandLine(words)).toMatchObject({ options: { apps: ['ws-server'], tag: 'v1' } });
});

test.each([
  [['--nope'], "unknown option '--nope'"],
  [['--app', 'nope'], "'nope' is invalid. Allowed choices are ws-server, ws-client"],
  [['--output', 'nope'], '--output nope is not a place to write to'],
  [['--output', 'oci:a', '--format', 'docker'], '--format docker does not go with it'],
  [['--output', 'oci:a', '--dry-run'], "'--dry-run' cannot be used with option '--output"],
  [['--dry-run', '--verify'], 'cannot be used with'],
  [['--format', 'nope'], "'nope' is invalid"],
  [['--endpoint', 'ftp://a'], 'http://127.0.0.1:5566'],
  [['--tag', 'a/b'], 'A tag is letters'],
  [['nope'], 'too many arguments'],
  [['list', '--tag', 'v1'], "unknown option '--tag'"],
])('bad usage %j names the value at fault', (args, message) => {
  expect(() => parseCommandLine(args)).toThrow(message);
});
