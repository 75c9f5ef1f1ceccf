import { answer } from './data-sources.ts';
import { serveDouble } from './double.ts';
import { awsReplacement } from './replacement.ts';
import { entriesBesides, entriesWith } from './rules/eks-access.ts';
import { checkDelete, checkRules, imagesOf } from './rules.ts';
import { create, named, secondsOf } from './shapes.ts';

/** The AWS provider, on a fake account. */
await serveDouble({
  version: '7.48.0',
  complete: named,
  replacement: awsReplacement,
  create(resources, wanted) {
    checkRules(resources, wanted);
    resources.push(...entriesBesides(resources, wanted));
    return create(wanted);
  },
  checkUpdate: checkRules,
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
  },
  secondsOf,
  answer,
});
