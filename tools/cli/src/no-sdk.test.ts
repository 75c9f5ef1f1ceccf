import { packagesLoadedBy } from '@envoy-poc/testing';
import { expect, test } from 'vitest';

const verbs = JSON.stringify(import.meta.resolve('./verbs.ts'));

// It takes most of a second to load, and none of these runs a layer's program.
test("no verb loads Pulumi's SDK, nor does one that reads the settings of all layers", async () => {
  const loaded = await packagesLoadedBy(
    `const { verbs } = await import(${verbs});
    const mains = new Map();
    for (const { name, load } of verbs) mains.set(name, (await load()).main);
    await mains.get('doctor')(['--offline', '--json']);`,
    { ...process.env, PATH: '' },
  );
  expect(loaded).toEqual(expect.arrayContaining(['zod', 'yaml', '@aws-sdk/client-eks']));
  expect(loaded.filter((name) => name.startsWith('@pulumi/'))).toEqual([]);
});
