import { expect, test } from 'vitest';
import { engineConfig } from './project-file.ts';

const project = {
  ...{ name: 'network', runtime: 'nodejs', main: 'index.ts' },
  config: { ranges: { default: ['0.0.0.0/0'], description: 'which' } },
};
const secure = { secure: 'v1:abc' };

test.each([
  ['whole', secure],
  ['in a list', ['10.0.0.0/8', secure]],
  ['in an object of a list', [{ name: 'a', range: secure }]],
])('for what is secret, %s, the default stands', (_, ranges) => {
  expect(engineConfig(project, { ranges })).toEqual({ 'network:ranges': '["0.0.0.0/0"]' });
});

test('what is called secure without being so, or has no secret in it, is taken as it is', () => {
  expect(engineConfig(project, { ranges: [{ secure: 1 }] })).toEqual({ 'network:ranges': '[{"secure":1}]' });
  expect(engineConfig(project, { ranges: ['10.0.0.0/8', null] })).toEqual({
    'network:ranges': '["10.0.0.0/8",null]',
  });
});

test('a value in Pulumi.yaml is that of every stack, by its full key', () => {
  const config = { 'aws:defaultTags': { value: { tags: { project: 'acme' } } } };
  expect(engineConfig({ ...project, config })).toEqual({
    'aws:defaultTags': '{"tags":{"project":"acme"}}',
  });
});
