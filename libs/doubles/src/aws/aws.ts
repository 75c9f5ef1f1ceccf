import type { Resource } from '../account/account.ts';
import type { Behaviour, Wanted } from '../provider/double.ts';
import { answer } from './data-sources.ts';
import { awsReplacement } from './replacement.ts';
import { entriesBesides, entriesWith } from './rules/eks-access.ts';
import { softwareAfter, softwareBesides, softwareOf } from './rules/eks-addons.ts';
import { checkDelete, checkRules, imagesOf } from './rules.ts';
import { schemaFaults } from './schema/faults.ts';
import { create, named, outputsAfter, secondsOf } from './shapes.ts';

/** AWS: its resource schemas, its rules, and what it makes besides. */
export const aws: Behaviour = {
  version: '7.48.0',
  complete: named,
  replacement: awsReplacement,
  create(resources, wanted) {
    check(resources, wanted);
    const takenOver = softwareOf(resources, wanted);
    if (takenOver) resources.splice(resources.indexOf(takenOver), 1);
    resources.push(...entriesBesides(resources, wanted), ...softwareBesides(wanted));
    return create(wanted);
  },
  shape: (wanted) => create(wanted).outputs,
  checkUpdate: check,
  outputsAfter,
  remove(resources, target) {
    checkDelete(resources, target);
    // With a cluster goes all that stands in it, and what its controllers made outside stays; with a repository its images.
    const inside = [
      ...imagesOf(resources, target),
      ...entriesWith(resources, target),
      ...(target.type === 'aws:eks/cluster:Cluster'
        ? resources.filter(({ outputs }) => outputs.cluster === target.id)
        : []),
    ];
    for (const resource of inside) resources.splice(resources.indexOf(resource), 1);
    resources.push(...softwareAfter(resources, target));
  },
  secondsOf,
  answer,
};

/** @throws {Error} what AWS refuses, its schema first */
function check(resources: readonly Resource[], wanted: Wanted): void {
  const faults = schemaFaults(wanted.type, wanted.inputs);
  if (faults.length > 0) throw new Error(`ValidationException: ${faults.join('; ')}`);
  checkRules(resources, wanted);
}
