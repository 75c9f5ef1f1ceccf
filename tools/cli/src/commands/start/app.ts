import { fileURLToPath } from 'node:url';
import type { Limits } from '@envoy-poc/edge';
import { type AppName, appOf } from '@envoy-poc/layers';
import type { PickerPlace } from './addresses.ts';
import { Child, type ChildOptions } from './child.ts';

/** Starts an app of this repository from its source; it may not be ready yet. */
export function startApp(app: AppName, options: Omit<ChildOptions, 'program' | 'args'>): Child {
  const main = fileURLToPath(new URL('main.ts', import.meta.resolve(`@envoy-poc/${app}`)));
  return new Child({ ...options, program: process.execPath, args: [main] });
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
