import { STSClient } from '@aws-sdk/client-sts';
import { SignatureV4 } from '@smithy/signature-v4';
import { type AwsPlace, askAws, awsOptions } from '#runtime';

/** The header that ties a token to one cluster, and the prefix by which EKS knows a token. */
const CLUSTER_HEADER = 'x-k8s-aws-id';
const PREFIX = 'k8s-aws-v1.';

/** Seconds in which the URL has to be used first, as the AWS CLI has it. */
const URL_SECONDS = 60;

/** How long a token is good: EKS takes it for 15 minutes, and one is spared for clocks that differ. */
const TOKEN_MINUTES = 14;

/** A token for the API server of an EKS cluster. */
export interface Token {
  readonly token: string;
  readonly expires: Date;
}

/**
 * Makes the token that `aws eks get-token` makes: a signed request of STS for who the caller is, which the API server
 * sends in the caller's place (https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster).
 *
 * @param now when it is signed
 * @throws {CheckError} when there are no credentials
 */
export async function clusterToken(place: AwsPlace, clusterName: string, now: Date): Promise<Token> {
  const { region } = place;
  const { config } = new STSClient(awsOptions(place));
  const { hostname, protocol } = config.endpointProvider({ Region: region }).url;
  const signer = new SignatureV4({
    credentials: await askAws(place, 'sts:GetCallerIdentity', () => config.credentials()),
    region,
    service: 'sts',
    sha256: config.sha256,
  });
  const signed = await signer.presign(
    {
      method: 'GET',
      protocol,
      hostname,
      path: '/',
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host: hostname, [CLUSTER_HEADER]: clusterName },
    },
    { signingDate: now, expiresIn: URL_SECONDS },
  );
  const query = new URLSearchParams(signed.query as Record<string, string>);
  const url = `${protocol}//${hostname}/?${query}`;
  return {
    token: PREFIX + Buffer.from(url).toString('base64url'),
    expires: new Date(now.getTime() + TOKEN_MINUTES * 60_000),
  };
}

const versions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

/**
 * A token as kubectl and its like want it from a program
 * (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins).
 *
 * @param execInfo `KUBERNETES_EXEC_INFO`, which names the version that is wanted
 */
export function execCredential({ token, expires }: Token, execInfo: string | undefined): string {
  const wanted = versions.find((version) => execInfo?.includes(`"${version}"`));
  return JSON.stringify({
    kind: 'ExecCredential',
    apiVersion: wanted ?? 'client.authentication.k8s.io/v1beta1',
    spec: {},
    status: { expirationTimestamp: `${expires.toISOString().slice(0, 19)}Z`, token },
  });
}
