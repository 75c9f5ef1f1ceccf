// Writes aws.schema.json anew from the resource schemas that cfn-lint carries:
//   pip install cfn-lint && npx nx run doubles:update-schema
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mappings } from './mappings.ts';

type Schema = { [keyword: string]: unknown };

/** Facts; the rest is prose, hints to CloudFormation, or what other checks of cfn-lint are for. */
const kept = [
  ...['type', 'enum', 'pattern', 'minLength', 'maxLength', 'minimum', 'maximum', 'minItems', 'maxItems'],
  ...['uniqueItems', 'required', 'properties', 'patternProperties', 'additionalProperties', 'items', '$ref'],
  ...['dependentRequired', 'requiredXor', 'requiredOr', 'createOnlyProperties'],
];

/** Keywords whose value is a set of schemas by name. */
const named = ['properties', 'patternProperties', 'definitions'];

const python = process.env.PYTHON ?? 'python3';
const where =
  'import cfnlint, importlib.metadata as m, os; print(os.path.dirname(cfnlint.__file__)); print(m.version("cfn-lint"))';
const [folder, version] = execFileSync(python, ['-c', where], { encoding: 'utf8' }).trim().split('\n');
const schemas = `${folder}/data/schemas`;
const files = read(`${schemas}/providers/us-east-1.json`) as Record<string, string>;

const names = [...new Set(Object.values(mappings).map(({ aws }) => aws))].sort();
const types = Object.fromEntries(
  names.map((name) => {
    const schema = read(`${schemas}/resources/${files[name]}.json`);
    const definitions: Record<string, unknown> = {};
    const facts = factsOf(schema, schema, definitions) as Schema;
    return [name, { ...facts, definitions }];
  }),
);
const source = {
  package: 'cfn-lint',
  ...{ version, license: 'MIT-0', schemas: (read(`${schemas}/version.json`) as Schema).schema_date },
};
const file = new URL('./aws.schema.json', import.meta.url);
writeFileSync(file, `${JSON.stringify({ source, types }, null, 1)}\n`);
console.log(`${names.length} types of cfn-lint ${version} written to ${file.pathname}`);

function read(path: string): Schema {
  return JSON.parse(readFileSync(path, 'utf8')) as Schema;
}

/** The facts of a schema; what it refers to is added to the definitions. */
function factsOf(node: unknown, root: Schema, definitions: Record<string, unknown>): unknown {
  if (Array.isArray(node)) return node.map((item) => factsOf(item, root, definitions));
  if (typeof node !== 'object' || node === null) return node;
  const facts: Schema = {};
  for (const [keyword, value] of Object.entries(node)) {
    if (!kept.includes(keyword)) continue;
    if (named.includes(keyword)) {
      facts[keyword] = Object.fromEntries(
        Object.entries(value as Schema)
          .filter(([name]) => node !== root || !isReadOnly(root, name))
          .map(([name, part]) => [name, factsOf(part, root, definitions)]),
      );
    } else if (keyword === '$ref') {
      const name = String(value).split('/').at(-1) ?? '';
      facts.$ref = `#/definitions/${name}`;
      if (name in definitions) continue;
      definitions[name] = {};
      definitions[name] = factsOf((root.definitions as Schema)[name], root, definitions);
    } else if (keyword === 'pattern') {
      // Python's end of text is JavaScript's end of line.
      facts.pattern = String(value).replace(/\\Z$/, '$');
    } else if (keyword === 'createOnlyProperties') {
      facts.createOnlyProperties = (value as string[]).map((path) => path.replace('/properties/', ''));
    } else {
      facts[keyword] = factsOf(value, root, definitions);
    }
  }
  return facts;
}

/** What AWS says, and nobody can set. */
function isReadOnly(root: Schema, name: string): boolean {
  return ((root.readOnlyProperties ?? []) as string[]).includes(`/properties/${name}`);
}
