import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { Copy, DockerfileParser, type From, type Instruction } from 'dockerfile-ast';
import { describe, expect, test } from 'vitest';
import { appNames, defaultBase, imageDefinition } from '../apps.ts';
import type { ImageConfig } from '../oci/schema.ts';
import { exampleBase, exampleLayer } from '../testing/fixtures.ts';
import { buildImage } from './build-image.ts';

const workspace = resolve(import.meta.dirname, '../../../..');

/** The last stage of a Dockerfile: what it starts from and says. */
interface Stage {
  readonly from: string;
  readonly says: ReadonlyMap<string, readonly string[][]>;
}

describe.each(appNames)('%s', (app) => {
  test('its Dockerfile starts from the same base and says the same as the image that is built here', async () => {
    const { from, says } = await lastStage(app);
    const [image] = buildImage({
      base: await exampleBase(),
      layer: await exampleLayer(),
      labels: {},
    }).platforms;
    const config: ImageConfig = JSON.parse((await (await image?.config.content())?.text()) ?? '');
    expect(from).toBe(defaultBase);
    expect(says.get('WORKDIR')).toEqual([[config.config?.WorkingDir]]);
    expect(says.get('USER')).toEqual([[config.config?.User]]);
    expect(says.get('CMD')).toEqual([config.config?.Cmd]);
    // Neither replaces the entrypoint of the base, which is Node itself.
    expect(says.get('ENTRYPOINT')).toBeUndefined();
    expect(config.config?.Entrypoint).toEqual(['/nodejs/bin/node']);
    for (const [env] of says.get('ENV') ?? []) expect(config.config?.Env).toContain(env);
    expect(says.get('ENV')).toHaveLength(Object.keys(imageDefinition.env).length);
  });

  test('it copies the same files to the same places, with the same mode, and runs nothing', async () => {
    const { says } = await lastStage(app);
    const copies = (says.get('COPY') ?? []).flatMap(([mode, ...paths]) => {
      expect(mode).toBe('0644');
      const target = paths.at(-1) ?? '';
      return paths.slice(0, -1).map((path) => [join(target, basename(path)), path]);
    });
    const expected = Object.entries(imageDefinition.files).map(([path, file]) => [
      path,
      `/workspace/apps/${app}/${file}`,
    ]);
    expect(Object.fromEntries(copies)).toEqual(Object.fromEntries(expected));
    expect([...says.keys()].sort()).toEqual(['CMD', 'COPY', 'ENV', 'USER', 'WORKDIR']);
  });
});

async function lastStage(app: string): Promise<Stage> {
  const dockerfile = DockerfileParser.parse(
    await readFile(join(workspace, 'apps', app, 'Dockerfile'), 'utf8'),
  );
  const froms = dockerfile.getFROMs();
  const last = froms.at(-1);
  if (!last || froms.length < 2) throw new Error('the Dockerfile has fewer than two stages');
  const says = new Map<string, string[][]>();
  for (const instruction of dockerfile
    .getInstructions()
    .slice(dockerfile.getInstructions().indexOf(last) + 1)) {
    const keyword = instruction.getKeyword();
    says.set(keyword, [...(says.get(keyword) ?? []), words(instruction)]);
  }
  return { from: (last as From).getImage() ?? '', says };
}

/** An instruction's words: those of a JSON form without its quotes, a COPY's after its mode. */
function words(instruction: Instruction): string[] {
  const text = instruction.getArgumentsContent() ?? '';
  if (text.startsWith('[')) return JSON.parse(text);
  const flags = instruction instanceof Copy ? instruction.getFlags() : [];
  const mode = flags.find((flag) => flag.getName() === 'chmod')?.getValue();
  return [...(mode ? [mode] : []), ...text.split(/\s+/)];
}
