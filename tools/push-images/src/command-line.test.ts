import { expect, test } from 'vitest';
import { defaultBase } from './apps.ts';
import { parseCommandLine } from './command-line.ts';

test('without an option: all apps, stack dev, to the registry', () => {
  expect(parseCommandLine([])).toMatchObject({
    apps: ['ws-server', 'ws-client', 'endpoint-picker'],
    stack: 'dev',
    base: defaultBase,
    mode: 'push',
    build: true,
    json: false,
  });
});

test('options of every kind', () => {
  const given = ['--app', 'ws-client', '--stack', 'prod', '--dry-run', '--no-build', '--tag', 'v1'];
  expect(parseCommandLine([...given, '--platform', 'linux/arm64', '--json'])).toMatchObject({
    json: true,
    apps: ['ws-client'],
    stack: 'prod',
    mode: 'plan',
    build: false,
    tag: 'v1',
    platforms: ['linux/arm64'],
  });
  expect(parseCommandLine(['--output', 'archive:a.tar'])).toMatchObject({
    output: { kind: 'archive', path: 'a.tar' },
  });
  const both = { platforms: ['linux/amd64', 'linux/arm64'] };
  expect(parseCommandLine(['--platform', 'linux/amd64,linux/arm64'])).toMatchObject(both);
  expect(parseCommandLine(['--platform', 'linux/amd64', 'linux/arm64'])).toMatchObject(both);
  expect(parseCommandLine(['--verify'])).toMatchObject({ mode: 'verify' });
});

test('what Nx hands on from a deploy is ignored where that is asked for', () => {
  const words = ['--app', 'ws-server', '--ignore-unknown', '--refresh', '--parallel', '5', '--tag=v1'];
  expect(parseCommandLine(words)).toMatchObject({ apps: ['ws-server'], tag: 'v1' });
});

test.each([
  [['--nope'], "unknown option '--nope'"],
  [['--app', 'nope'], "'nope' is invalid. Allowed choices are ws-server, ws-client, endpoint-picker"],
  [['--output', 'nope'], '--output nope is not a place to write to'],
  [['--output', 'oci:a', '--dry-run'], "'--dry-run' cannot be used with option '--output"],
  [['--dry-run', '--verify'], 'cannot be used with'],
  [['--endpoint', 'ftp://a'], 'http://127.0.0.1:5566'],
  [['--tag', 'a/b'], 'A tag is letters'],
  [['nope'], 'too many arguments'],
])('bad usage %j names the value at fault', (args, message) => {
  expect(() => parseCommandLine(args)).toThrow(message);
});
