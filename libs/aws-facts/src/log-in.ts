import { loadSharedConfigFiles } from '@smithy/core/config';

/**
 * What to do so that AWS takes credentials again: `aws sso login` is it only for a profile that uses SSO
 * (https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html).
 *
 * @param profile a profile of the AWS CLI's configuration; undefined: what the environment has, or the default profile
 * @param env says where that configuration is, and which credentials it has itself
 */
export async function logInCommand(profile: string | undefined, env: NodeJS.ProcessEnv): Promise<string> {
  if (profile === undefined) return withoutProfile(env);
  const { configFile, credentialsFile } = await loadSharedConfigFiles({
    ignoreCache: true,
    ...(env.AWS_CONFIG_FILE && { configFilepath: env.AWS_CONFIG_FILE }),
    ...(env.AWS_SHARED_CREDENTIALS_FILE && { filepath: env.AWS_SHARED_CREDENTIALS_FILE }),
  });
  const valuesOf = (name: string) => ({ ...configFile[name], ...credentialsFile[name] });
  let name = profile;
  // A role is taken by the credentials of another profile, and that one of yet another; a circle ends.
  for (let steps = 0; steps < 10; steps++) {
    const source = valuesOf(name).source_profile;
    if (source === undefined || source === name) break;
    name = source;
  }
  const values = valuesOf(name);
  if (values.sso_session && !configFile[`sso-session.${values.sso_session}`]) {
    return `aws configure sso --profile ${name}, as its sso_session ${values.sso_session} is in no file of this machine`;
  }
  if (values.sso_session || values.sso_start_url) return `aws sso login --profile ${name}`;
  if (values.login_session) return `aws login --profile ${name}`;
  if (values.credential_process) {
    return `see why the credential_process of profile ${name} gives none that AWS takes: ${values.credential_process}`;
  }
  if (values.web_identity_token_file)
    return `renew ${values.web_identity_token_file}, the token of profile ${name}`;
  if (values.aws_access_key_id) return `aws configure --profile ${name}, with keys that are valid`;
  return `aws sso login --profile ${name}`;
}

/** The same for credentials that come from the environment, as they do in CI and in containers. */
function withoutProfile(env: NodeJS.ProcessEnv): string {
  const role = env.AWS_ROLE_ARN ?? 'the role';
  if (env.AWS_ACCESS_KEY_ID) {
    return env.CI
      ? 'start the job anew, as the session of its keys (AWS_ACCESS_KEY_ID) may be over; in GitHub Actions ' +
          'role-duration-seconds of aws-actions/configure-aws-credentials says how long one holds'
      : 'set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN anew, or unset them and set AWS_PROFILE';
  }
  if (env.AWS_WEB_IDENTITY_TOKEN_FILE) {
    return (
      `start the job anew for a new token in ${env.AWS_WEB_IDENTITY_TOKEN_FILE} (AWS_WEB_IDENTITY_TOKEN_FILE); ` +
      `if AWS does not take that either, see whether the trust policy of ${role} names this repository and branch`
    );
  }
  if (env.AWS_CONTAINER_CREDENTIALS_FULL_URI || env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI) {
    return 'see which role this container has (AWS_CONTAINER_CREDENTIALS_FULL_URI gives its credentials), and start it anew';
  }
  return 'aws sso login, or set AWS_PROFILE';
}
