import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { setYaml } from './edit-yaml.ts';

const text = `# Mine
config:
  aws:region: 'us-east-1' # near the users
  # Kept for the auditors.
  app:list:
    - one
  app:mine:   true
# The end
`;

test('a value is replaced where it stands, and all else stays', () => {
  expect(setYaml(text, ['config', 'aws:region'], 'eu-west-1')).toBe(text.replace("'us-east-1'", 'eu-west-1'));
});

test('the same value, however it is written, changes nothing', () => {
  expect(setYaml(text, ['config', 'aws:region'], 'us-east-1')).toBe(text);
  expect(setYaml(text, ['config', 'app:list'], ['one'])).toBe(text);
});

test('a new key comes after the last of its map', () => {
  expect(setYaml(text, ['config', 'aws:profile'], 'me')).toBe(
    text.replace('true\n', 'true\n  aws:profile: me\n'),
  );
  expect(setYaml('a:\n  b: 1', ['a', 'c', 'd'], 'x')).toBe('a:\n  b: 1\n  c:\n    d: x\n');
  expect(setYaml('a:\n  b:\n    - 1\nz: 2\n', ['a', 'c'], 'x')).toBe('a:\n  b:\n    - 1\n  c: x\nz: 2\n');
});

test('a value that YAML would take for something else is quoted', () => {
  expect(parse(setYaml(text, ['config', 'aws:region'], '012'))).toMatchObject({
    config: { 'aws:region': '012' },
  });
  expect(parse(setYaml(text, ['config', 'x'], 'a: b # c'))).toMatchObject({ config: { x: 'a: b # c' } });
});

test.each(['', '# nothing yet\n', 'config: {}\n', 'config:\n', 'config: { a: 1 }\n'])(
  'a file of %j gets the key, and keeps what it has',
  (before) => {
    const after = setYaml(before, ['config', 'b'], 'x');
    expect(parse(after)).toMatchObject({ config: { ...parse(before)?.config, b: 'x' } });
    if (before.startsWith('#')) expect(after).toContain('# nothing yet');
  },
);

test('a list is replaced, and comments elsewhere stay', () => {
  const after = setYaml(text, ['config', 'app:list'], ['two']);
  expect(parse(after)).toMatchObject({ config: { 'app:list': ['two'], 'app:mine': true } });
  for (const comment of ['# Mine', '# near the users', '# Kept for the auditors.', '# The end']) {
    expect(after).toContain(comment);
  }
});

test('Windows line ends stay', () => {
  const windows = 'a:\r\n  b: 1\r\n  c: 2\r\n';
  expect(setYaml(windows, ['a', 'b'], 'x')).toBe('a:\r\n  b: x\r\n  c: 2\r\n');
  expect(parse(setYaml(windows, ['a', 'd'], 'x'))).toEqual({ a: { b: 1, c: 2, d: 'x' } });
});

test('what is not YAML is an error', () => {
  expect(() => setYaml('a: [', ['a'], 'x')).toThrow();
});
