import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let bin: string;
beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), 'load-images-'));
});
afterEach(() => rmSync(bin, { recursive: true }));

/** A program on PATH. */
function program(name: string, script: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
}

/** Loads what a stand-in of push-images wrote, with a command that takes anything. */
function load() {
  const manifest = {
    digest: `sha256:${'a'.repeat(64)}`,
    annotations: { 'org.opencontainers.image.ref.name': 'app' },
  };
  program(
    'push-images',
    `d=\${2#oci:}; mkdir -p $d/blobs; echo '{}' > $d/oci-layout; echo '${JSON.stringify({ manifests: [manifest] })}' > $d/index.json`,
  );
  const env = {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env.PATH}`,
    LOAD_IMAGE: 'true',
    BASE_IMAGES: '',
  };
  return spawnSync(process.execPath, [join(import.meta.dirname, 'load-images.ts')], {
    env,
    encoding: 'utf8',
  });
}

test('without a context nothing says where to run them, so the next command names the current one', () => {
  program('kubectl', 'echo kind-kind');
  const { status, stdout, stderr } = load();
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: `APP_IMAGE=envoy-poc.invalid/app@sha256:${'a'.repeat(64)}\n`,
  });
  expect(stderr).toContain(
    'no settings were written, so a deploy would be one to AWS. To run them here: npx nx run workloads:load-images --context kind-kind',
  );
});

test('where kubectl has no context either, the name is left to fill in', () => {
  program('kubectl', 'exit 1');
  expect(load().stderr).toContain(
    'npx nx run workloads:load-images --context NAME (kubectl config get-contexts)',
  );
});
