import { loadSharedConfigFiles } from '@smithy/core/config';

/**
 * What to do so that AWS takes a profile's credentials again: `aws sso login` is it only for a profile that uses SSO
 * (https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html).
 *
 * @param profile a profile of the AWS CLI's configuration; undefined: the default credentials
 * @param env says where that configuration is
 */
export async function logInCommand(profile: string | undefined, env: NodeJS.ProcessEnv): Promise<string> {
  if (profile === undefined) return 'aws sso login, or set AWS_PROFILE';
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
