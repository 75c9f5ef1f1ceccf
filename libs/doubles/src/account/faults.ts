import { join } from 'node:path';
import { changeDocument } from './account.ts';

/** What goes wrong with an operation on a resource. */
export interface InjectedFault {
  on: 'create' | 'update' | 'delete';
  /** The resource's logical name. */
  name: string;
  /**
   * - `deny`: refused, nothing is done
   * - `throttle`: refused for now; the provider tries again by itself, as often as the real one's patience lasts
   * - `half`: done in part; there is a resource, and it is not healthy
   * - `lost`: done, but the answer never arrives
   * - `slow`: done after `seconds`, with progress
   */
  kind: 'deny' | 'throttle' | 'half' | 'lost' | 'slow';
  /** How often. */
  times: number;
  seconds?: number;
}

const faultsFile = (folder: string) => join(folder, 'faults.json');

/** Replaces the faults to come. */
export function setFaults(folder: string, faults: readonly InjectedFault[]): void {
  changeDocument<InjectedFault[], void>(faultsFile(folder), [], (all) => {
    all.splice(0, all.length, ...faults);
  });
}

/** The fault of an operation, if it is its turn; it counts as done then. */
export function takeFault(folder: string, on: InjectedFault['on'], name: string): InjectedFault | undefined {
  return changeDocument<InjectedFault[], InjectedFault | undefined>(faultsFile(folder), [], (all) => {
    const fault = all.find(
      (candidate) => candidate.on === on && candidate.name === name && candidate.times > 0,
    );
    if (fault) fault.times -= 1;
    return fault && { ...fault };
  });
}
