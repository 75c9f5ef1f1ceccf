// Writes kubernetes.schema.json anew from the API server that kubectl reaches:
//   npx nx run kubernetes-schema:update
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { kinds } from './kinds.ts';

type Schema = { [keyword: string]: unknown };

const definitions: Record<string, Schema> = {};
const kindRefs: Record<string, { $ref: string }> = {};

for (const [path, names] of Object.entries(kinds)) {
  const { components } = get(`/openapi/v3/${path}`) as { components: { schemas: Record<string, Schema> } };
  for (const [id, schema] of Object.entries(components.schemas)) {
    const kind = kindOf(schema);
    if (!kind || !names.includes(kind.kind)) continue;
    const apiVersion = [kind.group, kind.version].filter(Boolean).join('/');
    kindRefs[`${apiVersion} ${kind.kind}`] = { $ref: `#/definitions/${id}` };
    define(id, components.schemas);
  }
}
const { gitVersion } = get('/version') as { gitVersion: string };
const file = new URL('../kubernetes.schema.json', import.meta.url);
writeFileSync(file, `${JSON.stringify({ kubernetes: gitVersion, kinds: kindRefs, definitions }, null, 1)}\n`);
console.log(`${Object.keys(kindRefs).length} kinds of Kubernetes ${gitVersion} written to ${file.pathname}`);

function get(path: string): unknown {
  const answer = execFileSync('kubectl', ['get', '--raw', path], {
    encoding: 'utf8',
    maxBuffer: 1e8,
    timeout: 60_000,
  });
  return JSON.parse(answer) as unknown;
}

function kindOf(schema: Schema): { group: string; version: string; kind: string } | undefined {
  const all = schema['x-kubernetes-group-version-kind'];
  return Array.isArray(all) && all.length === 1 ? all[0] : undefined;
}

function define(id: string, schemas: Record<string, Schema>): void {
  if (definitions[id]) return;
  definitions[id] = {};
  definitions[id] = closed(schemas[id], schemas) as Schema;
}

/** The schema without prose, and with no properties but those it names: the API server drops others silently. */
function closed(node: unknown, schemas: Record<string, Schema>): unknown {
  if (Array.isArray(node)) return node.map((item) => closed(item, schemas));
  if (typeof node !== 'object' || node === null) return node;
  const out: Schema = {};
  for (const [keyword, value] of Object.entries(node)) {
    if (['description', 'default', 'format'].includes(keyword) || keyword.startsWith('x-kubernetes-'))
      continue;
    if (keyword === '$ref') {
      const id = String(value).split('/').at(-1) ?? '';
      define(id, schemas);
      out.$ref = `#/definitions/${id}`;
    } else if (keyword === 'properties') {
      out.properties = Object.fromEntries(
        Object.entries(value as Schema).map(([name, property]) => [name, closed(property, schemas)]),
      );
      out.additionalProperties = false;
    } else {
      out[keyword] = closed(value, schemas);
    }
  }
  return out;
}
