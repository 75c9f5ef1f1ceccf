/** What a kubeconfig needs of a cluster. */
export interface KubeconfigArgs {
  name: string;
  region: string;
  endpoint: string;
  /** The CA certificate of the API server, PEM in base64. */
  certificateAuthority: string;
  /** The AWS CLI profile that asks for a token. Left out: whoever the AWS CLI runs as. */
  profile?: string | undefined;
}

/** A kubeconfig, as JSON, that asks the AWS CLI for a token at each use; it holds no secret. */
export function createKubeconfig(args: KubeconfigArgs): string {
  const { name, region, endpoint, certificateAuthority, profile } = args;
  const getToken = ['eks', 'get-token', '--cluster-name', name, '--region', region, '--output', 'json'];
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server: endpoint, 'certificate-authority-data': certificateAuthority } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    users: [
      {
        name,
        user: {
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1beta1',
            command: 'aws',
            args: profile === undefined ? getToken : [...getToken, '--profile', profile],
            interactiveMode: 'IfAvailable',
          },
        },
      },
    ],
  });
}

/** The command that adds a cluster to a person's kubeconfig. */
export function kubeconfigCommand(
  args: Required<Pick<KubeconfigArgs, 'name' | 'region' | 'profile'>>,
): string {
  return `aws eks update-kubeconfig --name ${args.name} --region ${args.region} --profile ${args.profile}`;
}
