import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Limits } from '@envoy-poc/edge';
import { type AppName, appOf } from '@envoy-poc/layers';
import type { PickerPlace } from './addresses.ts';
import { Child, type ChildOptions } from './child.ts';

/** Starts an app of this repository from its source; it may not be ready yet. */
export function startApp(app: AppName, options: Omit<ChildOptions, 'program' | 'args'>): Child {
  const main = fileURLToPath(new URL('main.ts', import.meta.resolve(`@envoy-poc/${app}`)));
  const env = { ...compileCache(), ...options.env };
  return new Child({ ...options, env, program: process.execPath, args: [main] });
}

/** The cache of this process: without one, compiling would be half of the time of a start. */
function compileCache(): { NODE_COMPILE_CACHE?: string } {
  // Node adds a folder for its version.
  const ofVersion = getCompileCacheDir();
  return ofVersion === undefined ? {} : { NODE_COMPILE_CACHE: dirname(ofVersion) };
}

export interface PickerOptions extends Omit<ChildOptions, 'program' | 'args'> {
  at: PickerPlace;
  limits: Pick<Limits, 'newConnectionsPerSecond' | 'newConnectionsPerSecondPerClient'>;
}

/** Starts an endpoint picker; it may not be ready yet. */
export function startPicker({ at, limits, env, ...options }: PickerOptions): Child {
  const { decisions, reports } = at;
  const { newConnectionsPerSecond: rate, newConnectionsPerSecondPerClient: perClient } = limits;
  return startApp(appOf.picker, {
    ...options,
    env: {
      HOST: decisions.address,
      PORT: String(decisions.port),
      REPORTS_PORT: String(reports.port),
      NEW_CONNECTIONS_PER_SECOND: String(rate),
      ...(perClient !== undefined && { NEW_CONNECTIONS_PER_SECOND_PER_CLIENT: String(perClient) }),
      ...env,
    },
  });
}
