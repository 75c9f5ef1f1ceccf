/** Texts that give access by their shape, wherever they come from. */
const shapes: readonly RegExp[] = [
  // Access key ids (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids).
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  // Tokens of `aws eks get-token`, which are signed URLs in base64.
  /\bk8s-aws-v1\.[\w-]+/g,
  // Tokens of Pulumi Cloud, GitHub and npm.
  /\b(?:pul-[0-9a-f]{40}|gh[a-z]_\w{36,}|github_pat_\w{22,}|npm_\w{36})\b/g,
  // JSON Web Tokens (RFC 7519): service accounts, OpenID Connect.
  /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*/g,
  // Signatures and tokens in signed URLs, and in the request that AWS repeats when it refuses its signature.
  /(?<=\bX-Amz-(?:Signature|Security-Token|Credential)[=:]\s*)[^&\s"',]+/gi,
  /(?<=\bSignature=)[0-9a-f]{64}/g,
  /(?<=\b(?:Bearer|Basic) )[\w.~+/=-]{8,}/gi,
  // The password of a URL.
  /(?<=\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]+:)[^\s/@]+(?=@)/gi,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  // The same by their names in JSON, YAML, INI files and environments: of AWS, its SSO cache, kubeconfigs and Pulumi.
  /(?<=(?:secret_?access_?key|session_?token|access_?token|refresh_?token|client_?secret|client-key-data)["']?\s*[=:]\s*["']?)[^\s"',;]{6,}/gi,
  // After a colon in prose there may be a sentence.
  /(?<=(?:passphrase|password)(?:["']?\s*=|["']\s*:)\s*["']?)[^\s"',;]{6,}/gi,
];

/** Variables whose values no output may show, by their names. */
const secretVariable = /(?:SECRET|TOKEN|PASSWORD|PASSPHRASE|_SECRET_ACCESS_KEY)$/;

/** A value this short is no secret, and hiding it would garble words that contain it. */
const shortest = 6;

const hidden = '[hidden]';

/** A function that puts `[hidden]` in place of everything in a text that gives access to something. */
export function redactor(env: NodeJS.ProcessEnv): (text: string) => string {
  const values = Object.entries(env)
    .flatMap(([name, value]) => (value !== undefined && secretVariable.test(name) ? value : []))
    .filter((value) => value.length >= shortest)
    // One that holds another goes first, or its rest would stay.
    .sort((a, b) => b.length - a.length);
  return (text) => {
    const named = values.reduce((shown, value) => shown.replaceAll(value, hidden), text);
    return shapes.reduce((shown, shape) => shown.replace(shape, hidden), named);
  };
}
