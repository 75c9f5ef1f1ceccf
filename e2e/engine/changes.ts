import type { Rehearsal } from '@envoy-poc/doubles';
import { type Layer, layers } from '@envoy-poc/layers';

/** The layers in which the last run of a verb did something, in alphabetical order. */
export function changedLayers(rehearsal: Rehearsal, verb: string): Layer[] {
  return layers
    .filter((layer) => {
      const record = rehearsal.record(layer, verb);
      if (!record?.changes) throw new Error(`there is no record of what ${verb} did to ${layer}`);
      return Object.keys(record.changes).some((what) => what !== 'unchanged');
    })
    .sort();
}
