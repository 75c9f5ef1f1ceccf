import { deployCommand } from '@envoy-poc/layers';
import type { Target } from './layer.ts';
import type { Verb } from './verbs.ts';

/** What is known of a failure besides Pulumi's output. */
export interface Failure {
  /** The AWS profile that Pulumi took, undefined for none, and the command that renews its session. */
  profile: string | undefined;
  logIn?: string;
  /** What the engine says went wrong. */
  error?: string | undefined;
}

/**
 * What Pulumi's output means for the one who ran it, in one sentence with the next step; undefined when it is said well
 * enough there.
 */
export function diagnose(
  output: string,
  verb: Verb,
  { layer, stack }: Target,
  { profile, logIn = `aws sso login --profile ${profile}`, error }: Failure,
): string | undefined {
  const here = `cd projects/${layer} &&`;
  const known: [RegExp, string][] = [
    [
      /incorrect passphrase/,
      `PULUMI_CONFIG_PASSPHRASE is not the passphrase with which the stack ${stack} of ${layer} was made: set the right one`,
    ],
    [
      /failed to get shared config profile|profile .* (could not|cannot) be found/i,
      `there is no AWS profile "${profile}" on this machine: aws configure sso --profile ${profile}`,
    ],
    [
      /SSO (session|token)[^\n]*(expired|invalid)|refresh cached SSO token|token has expired|ExpiredToken|sso_?session|InvalidGrant/i,
      `your AWS session is over: ${logIn}`,
    ],
    [
      /no (valid |EC2 )?(credential|IMDS)|NoCredentialProviders|unable to locate credentials|failed to (retrieve|refresh) (cached )?credentials|get credentials/i,
      `there are no AWS credentials: ${logIn}`,
    ],
    [
      /not logged in|PULUMI_ACCESS_TOKEN must be set/,
      `Pulumi is not logged in to a backend: pulumi login, or set PULUMI_BACKEND_URL`,
    ],
    [
      /the stack is currently locked/,
      `somebody else is working on the stack ${stack} of ${layer}, or was killed while at it; if you are sure that nobody is: ${here} pulumi cancel --stack ${stack}`,
    ],
    [
      /unable to open bucket|NoSuchBucket/,
      `the state bucket cannot be opened: check backend.url in projects/${layer}/Pulumi.yaml, or set PULUMI_BACKEND_URL`,
    ],
    [
      /could not create stack: [^\n]*(AccessDenied|permission denied)/i,
      `the stack ${stack} of ${layer} is not there yet, and you may only read where the state is, so it cannot be made: ` +
        `somebody who may write there deploys first, ${deployCommand(layer, stack)}`,
    ],
    [/no stack named/, `the stack ${stack} of ${layer} was never deployed: ${deployCommand(layer, stack)}`],
    [
      /AlreadyExists(Exception)?\b/,
      `${error ?? 'something of that name is there already'}. If it is another stack's, this one must be called otherwise: npx envoy-poc doctor --offline --stack ${stack} says how. If an earlier run of this stack left it: npx envoy-poc cleanup --stack ${stack}`,
    ],
    [
      /InvalidSubnet\.Conflict|Resource\.AlreadyAssociated/,
      `what stands is in the way of what would replace it (${error ?? 'see above'}): set it back as it was, or make ` +
        `the layer anew: npx nx run ${layer}:destroy --stack ${stack}, then ${deployCommand(layer, stack)}`,
    ],
    [
      /pending operation/i,
      `an earlier run of ${layer} ended in the middle; see what is really there with: npx nx run ${layer}:refresh --stack ${stack}`,
    ],
  ];
  const found = known.find(([pattern]) => pattern.test(output))?.[1];
  if (found || verb !== 'drift') return found;
  return (
    `reality is not what the state of ${layer}, stack ${stack}, says. To put it back: ${deployCommand(layer, stack)}; ` +
    `to take it over: npx nx run ${layer}:refresh --stack ${stack}`
  );
}
