/** Texts that give access by their shape, wherever they come from. */
const shapes: readonly RegExp[] = [
  // Access key ids (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids).
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  // Tokens of `aws eks get-token`, which are signed URLs in base64.
  /\bk8s-aws-v1\.[\w-]+/g,
  // Signatures and tokens in signed URLs.
  /(?<=[?&]X-Amz-(?:Signature|Security-Token|Credential)=)[^&\s"]+/g,
  /(?<=\bBearer )\S+/gi,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];

/** Variables whose values no output may show. */
const secretVariables = [
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'PULUMI_CONFIG_PASSPHRASE',
  'PULUMI_ACCESS_TOKEN',
];

/** A function that puts `[hidden]` in place of everything in a text that gives access to something. */
export function redactor(env: NodeJS.ProcessEnv): (text: string) => string {
  // A value this short is no secret, and hiding it would garble words that contain it.
  const values = secretVariables.flatMap((name) => env[name] ?? []).filter((value) => value.length >= 6);
  return (text) => {
    const named = values.reduce((shown, value) => shown.replaceAll(value, '[hidden]'), text);
    return shapes.reduce((shown, shape) => shown.replace(shape, '[hidden]'), named);
  };
}
