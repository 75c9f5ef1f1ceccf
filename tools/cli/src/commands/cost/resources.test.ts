import { expect, test } from 'vitest';
import { readPreview } from './resources.ts';

const step = (op: string, type: string, name: string, more: object = {}) => ({
  op,
  urn: `urn:pulumi:dev::network::${type}::${name}`,
  newState: { type, custom: true, inputs: { name }, ...more },
});
const names = (steps: object[]) => {
  const preview = readPreview('network', JSON.stringify({ steps }), 0);
  return preview.ok && preview.resources.map(({ inputs }) => inputs.name);
};

test('what will be there counts once, whatever is done to it', () => {
  const steps = [
    step('create', 'aws:ec2/eip:Eip', 'new'),
    step('same', 'aws:ec2/eip:Eip', 'old'),
    step('update', 'aws:ec2/eip:Eip', 'changed'),
    step('create-replacement', 'aws:ec2/eip:Eip', 'replaced'),
    step('replace', 'aws:ec2/eip:Eip', 'replaced'),
    step('delete-replaced', 'aws:ec2/eip:Eip', 'replaced'),
  ];
  expect(names(steps)).toEqual(['new', 'old', 'changed', 'replaced']);
});

test('what goes, what is only read, components and providers do not count', () => {
  const steps = [
    step('delete', 'aws:ec2/eip:Eip', 'gone'),
    { op: 'delete', urn: 'urn:pulumi:dev::network::aws:ec2/eip:Eip::gone' },
    step('read', 'aws:ec2/securityGroup:SecurityGroup', 'theirs'),
    step('create', 'eks:index:Cluster', 'component', { custom: false }),
    step('create', 'pulumi:providers:aws', 'provider'),
  ];
  expect(names(steps)).toEqual([]);
});

test('errors are told once, without colours and stack of words; warnings are none', () => {
  const message = '\u001b[31merror: network:zoneCount = 9: at most 3\u001b[0m\n';
  const diagnostics = [
    { severity: 'warning', message: 'warning: public address space' },
    { severity: 'error', message },
    { severity: 'error', message },
  ];
  expect(readPreview('network', JSON.stringify({ diagnostics }), 1)).toEqual({
    ok: false,
    errors: ['network:zoneCount = 9: at most 3'],
  });
});

test('no JSON is what pulumi said, and a failure without a word is told by its code', () => {
  expect(readPreview('network', 'error: no stack named dev', 255)).toEqual({
    ok: false,
    errors: ['no stack named dev'],
  });
  for (const text of ['', '{"steps": []}']) {
    expect(readPreview('network', text, 137)).toEqual({
      ok: false,
      errors: ['pulumi preview ended with 137'],
    });
  }
});
