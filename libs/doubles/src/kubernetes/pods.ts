import type { Properties, Resource } from '../account/account.ts';

/** The part of a Deployment or StatefulSet that decides whether its pods start. */
interface Pods {
  spec: {
    template: {
      spec: {
        serviceAccountName?: string;
        containers: { name: string; image: string }[];
        volumes?: { configMap?: { name: string } }[];
      };
    };
  };
}

const specOf = (inputs: Properties) => (inputs as unknown as Pods).spec.template.spec;

/** @throws {Error} when pods need a ServiceAccount or ConfigMap that is not there */
export function checkMounts(objects: readonly Resource[], namespace: string, inputs: Properties): void {
  const { serviceAccountName, volumes = [] } = specOf(inputs);
  const need = (kind: string, name: string | undefined) => {
    if (name === undefined) return;
    if (!objects.some(({ type, id }) => type.endsWith(`:${kind}`) && id === `${namespace}/${name}`)) {
      throw new Error(`timed out: pods do not start, ${kind} "${name}" not found`);
    }
  };
  need('ServiceAccount', serviceAccountName);
  for (const { configMap } of volumes) need('ConfigMap', configMap?.name);
}

/** @throws {Error} when the account's registry lacks an image that pods are to run */
export function checkImages(resources: readonly Resource[], inputs: Properties): void {
  for (const { image } of specOf(inputs).containers) {
    const [, repository, digest] = /\.dkr\.ecr\.[^/]+\/([^@]+)@(.+)$/.exec(image) ?? [];
    if (repository === undefined) continue;
    const pushed = resources.some(
      ({ type, inputs }) =>
        type === 'aws:ecr/image:Image' &&
        inputs.repositoryName === repository &&
        inputs.imageDigest === digest,
    );
    if (!pushed) throw new Error(`timed out: ImagePullBackOff, ${image}: not found`);
  }
}
