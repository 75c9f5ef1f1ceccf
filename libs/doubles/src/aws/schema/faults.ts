import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { Properties } from '../../account/account.ts';
import { lastOf } from '../shapes.ts';
import { type Mapping, mappingOf } from './mappings.ts';

/** What AWS says of a type, without its prose. */
export interface AwsSchema {
  properties: Record<string, { type?: string; $ref?: string }>;
  definitions: Record<string, object>;
  required?: string[];
  requiredXor?: string[];
  requiredOr?: string[];
  /** Paths of what cannot change in place. */
  createOnlyProperties?: string[];
}

/** AWS's own resource schemas, as `update.ts` wrote them, and where they are from. */
export const awsSchemas = JSON.parse(readFileSync(new URL('./aws.schema.json', import.meta.url), 'utf8')) as {
  source: Record<string, string>;
  types: Record<string, AwsSchema>;
};

// As the provider does, which sends 'true' where a boolean is wanted.
const ajv = new Ajv({ allErrors: true, strict: false, coerceTypes: true, verbose: true });
const validators = new Map<string, ValidateFunction[]>();

/**
 * What AWS's schema has against the inputs of a resource: names, types, values, lengths, and what is missing.
 *
 * @returns a line for each fault, with its property; none for a type without a mapping
 */
export function schemaFaults(type: string, inputs: Properties): string[] {
  const mapping = mappingOf(type);
  if (!mapping) return [];
  const { properties, unknown } = awsProperties(mapping, inputs);
  const name = lastOf(type);
  return [
    ...unknown.map(
      (input) => `${input} of ${name} is in no mapping of the double (src/schema/mappings-*.ts)`,
    ),
    ...choiceFaults(mapping, properties),
    ...validatorsOf(name, mapping).flatMap((validate) =>
      validate(properties) ? [] : (validate.errors ?? []).map((error) => faultOf(mapping, error)),
    ),
  ];
}

/** The inputs in AWS's form, and those that have none. */
function awsProperties(mapping: Mapping, inputs: Properties) {
  const properties: Properties = {};
  const unknown: string[] = [];
  for (const [input, value] of Object.entries(inputs)) {
    const path = mapping.properties[input];
    if (value === undefined || value === null || input in (mapping.besides ?? {})) continue;
    if (path === undefined) {
      unknown.push(input);
      continue;
    }
    const translate = mapping.translate?.[input] as ((value: unknown) => unknown) | undefined;
    const keepsNames = path === 'Tags' || path === 'Labels';
    place(
      properties,
      path.split('/'),
      keepsNames ? asTags(mapping, path, value) : pascal(translate?.(value) ?? value),
    );
  }
  return { properties, unknown };
}

function place(into: Properties, [first = '', ...rest]: string[], value: unknown): void {
  if (rest.length === 0) {
    into[first] = value;
    return;
  }
  into[first] ??= {};
  place(into[first] as Properties, rest, value);
}

/** Some types have tags as a map, most as a list of keys and values. */
function asTags({ aws }: Mapping, property: string, value: unknown): unknown {
  return awsSchemas.types[aws]?.properties[property]?.type === 'array' ? tagList(value) : value;
}

const tagList = (tags: unknown) => Object.entries(tags as Properties).map(([Key, Value]) => ({ Key, Value }));

/** The names of AWS's schema, however deep: `keyArn` is `KeyArn`. */
function pascal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pascal);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined && part !== null)
      .map(([key, part]) => [
        key.charAt(0).toUpperCase() + key.slice(1),
        key === 'tags' ? tagList(part) : pascal(part),
      ]),
  );
}

function validatorsOf(name: string, { aws, part, more }: Mapping): ValidateFunction[] {
  const known = validators.get(name);
  if (known) return known;
  const { required, ...schema } = awsSchemas.types[aws] ?? {};
  const compiled = [
    ajv.compile(part ? schema : { ...schema, ...(required && { required }) }),
    ...(more ? [ajv.compile({ properties: more })] : []),
  ];
  validators.set(name, compiled);
  return compiled;
}

/** What only one, or at least one, of several properties may or must be. */
function choiceFaults({ aws, part }: Mapping, properties: Properties): string[] {
  if (part) return [];
  const { requiredXor, requiredOr } = awsSchemas.types[aws] ?? {};
  const count = (names: string[]) => names.filter((name) => properties[name] !== undefined).length;
  return [
    ...(requiredXor && count(requiredXor) !== 1 ? [`${aws} needs one of ${requiredXor.join(', ')}`] : []),
    ...(requiredOr && count(requiredOr) < 1 ? [`${aws} needs some of ${requiredOr.join(', ')}`] : []),
  ];
}

function faultOf({ aws }: Mapping, { instancePath, message, keyword, params, data }: ErrorObject): string {
  const detail =
    keyword === 'additionalProperties'
      ? `: ${params.additionalProperty}`
      : keyword === 'enum'
        ? `: ${params.allowedValues.join(', ')}`
        : '';
  const value = typeof data === 'object' ? '' : ` = ${JSON.stringify(data)}`;
  return `${aws} ${instancePath || '/'}${value} ${message}${detail}`;
}
