import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject } from 'ajv';

/** A Kubernetes object as it is sent to the API server. */
export interface KubernetesManifest {
  apiVersion: string;
  kind: string;
  [field: string]: unknown;
}

interface SchemaFile {
  kubernetes: string;
  kinds: Record<string, { $ref: string }>;
}

const file = JSON.parse(
  readFileSync(new URL('../kubernetes.schema.json', import.meta.url), 'utf8'),
) as SchemaFile;
const ajv = new Ajv({ allErrors: true, strict: false });
ajv.addSchema({ $id: 'kubernetes', ...file });

/**
 * What the API server of Kubernetes 1.33 would reject, or silently drop, in a manifest: fields of a wrong name or
 * type, and required ones that are missing. The schema is the API server's own OpenAPI, closed against unknown fields.
 *
 * @returns a line for each fault, with its path; none if the manifest is right
 */
export function manifestFaults(manifest: KubernetesManifest): string[] {
  const kind = `${manifest.apiVersion} ${manifest.kind}`;
  const schema = file.kinds[kind];
  if (!schema) return [`${kind} is not a kind of Kubernetes ${file.kubernetes} in kubernetes.schema.json`];
  const validate = ajv.compile({ $ref: `kubernetes${schema.$ref}` });
  return validate(manifest) ? [] : (validate.errors ?? []).map((error) => faultOf(kind, error));
}

function faultOf(kind: string, error: ErrorObject): string {
  const unknown = error.keyword === 'additionalProperties' ? `: ${error.params.additionalProperty}` : '';
  return `${kind} ${error.instancePath || '/'} ${error.message}${unknown}`;
}
