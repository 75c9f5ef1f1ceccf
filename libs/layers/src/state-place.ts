import type { ProjectFile } from './project-file.ts';

/** Where Pulumi keeps a stack's state. */
export interface StatePlace {
  /** The backend's URL; undefined: the backend that `pulumi login` chose. */
  readonly url: string | undefined;
  /** The URL that the project names, when Pulumi uses another place instead of it. */
  readonly insteadOf?: string;
}

/**
 * Where Pulumi keeps the state of a project's stacks: `PULUMI_BACKEND_URL`, or else `backend.url` of `Pulumi.yaml`
 * (https://www.pulumi.com/docs/iac/concepts/state-and-backends/). Two URLs of one place may differ in their
 * parameters: CI names no profile.
 */
export function statePlaceOf(project: Pick<ProjectFile, 'backend'>, env: NodeJS.ProcessEnv): StatePlace {
  const own = project.backend?.url;
  const url = env.PULUMI_BACKEND_URL || own;
  return url === undefined || own === undefined || placeIn(url) === placeIn(own)
    ? { url }
    : { url, insteadOf: own };
}

const placeIn = (url: string) => url.replace(/\?.*$/, '').replace(/\/+$/, '');

/** What to tell of a state that is not where the project keeps it. */
export function elsewhere({ url, insteadOf }: StatePlace): string | undefined {
  if (insteadOf === undefined) return undefined;
  return (
    `PULUMI_BACKEND_URL puts the state in ${url}, and this project's is in ${placeIn(insteadOf)}: ` +
    'what is deployed already is not known there, and would be made once more'
  );
}
