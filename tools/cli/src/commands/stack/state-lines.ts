import { elsewhere, projectFileOf, statePlaceOf } from '@envoy-poc/layers';

/** Where the states of layers are, and what is unusual about it: a line each, none twice. */
export function statePlaceLines(folders: readonly { folder: string }[], env: NodeJS.ProcessEnv): string[] {
  const lines = folders.flatMap(({ folder }) => {
    const place = statePlaceOf(projectFileOf(folder), env);
    const warning = elsewhere(place);
    return [
      `state: ${place.url ?? 'the backend of pulumi login'}`,
      ...(warning === undefined ? [] : [`warning: ${warning}`]),
    ];
  });
  return [...new Set(lines)];
}
