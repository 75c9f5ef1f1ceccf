import * as pulumi from '@pulumi/pulumi';
import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { readConfig, StackConfigError } from './index.ts';

const schema = z.object({
  name: z.string().optional(),
  replicas: z.number().int().min(1, 'must be 1 or more'),
  requests: z.object({ cpu: z.string() }),
});

beforeEach(async () => {
  await pulumi.runtime.setMocks(
    { newResource: ({ inputs }) => ({ id: '', state: inputs }), call: () => ({}) },
    'workloads',
    'dev',
  );
});

function given(values: Record<string, string>) {
  pulumi.runtime.setAllConfig(
    Object.fromEntries(Object.entries(values).map(([key, value]) => [`workloads:${key}`, value])),
  );
}

function faults(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof StackConfigError) return error.message;
    throw error;
  }
  throw new Error('no fault found');
}

test('numbers and objects come as JSON, texts as they are', () => {
  given({ name: '12', replicas: '3', requests: '{"cpu":"25m"}' });
  expect(readConfig(schema)).toEqual({ name: '12', replicas: 3, requests: { cpu: '25m' } });
});

test('an empty text is not set', () => {
  given({ name: '', replicas: '3', requests: '{"cpu":"25m"}' });
  expect(readConfig(schema)).toEqual({ replicas: 3, requests: { cpu: '25m' } });
});

test('every fault is named with its key, its value and the next step', () => {
  given({ replicas: '0', requests: '{"cpu":5}' });
  const message = faults(() => readConfig(schema));
  expect(message).toContain('workloads:replicas = 0: must be 1 or more');
  expect(message).toContain('workloads:requests.cpu = 5: ');
  expect(message).toContain('pulumi config set workloads:<key> <value> --stack dev');
});

test('what is missing or no JSON is a fault', () => {
  given({ replicas: 'three' });
  const message = faults(() => readConfig(schema));
  expect(message).toContain('workloads:replicas = "three": ');
  expect(message).toContain('workloads:requests is not set: ');
});

test('the check of the whole sees parsed values, and Pulumi prints its faults plainly', () => {
  given({ replicas: '3', requests: '{"cpu":"25m"}' });
  const read = () =>
    readConfig(schema, ({ replicas }) => [{ key: 'replicas', value: replicas, message: 'too many' }]);
  expect(faults(read)).toContain('workloads:replicas = 3: too many');
  expect(read).toThrow(pulumi.RunError);
});
