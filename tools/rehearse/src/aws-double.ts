import { answer } from './data-sources.ts';
import { serveDouble } from './double.ts';
import { checkDelete, checkRules, imagesOf } from './rules.ts';
import { create, named, secondsOf, shapeOf } from './shapes.ts';

/** The AWS provider, on a fake account. */
await serveDouble({
  version: '7.48.0',
  complete: named,
  replaceOn: (type) => shapeOf(type).replaceOn ?? [],
  create(resources, wanted) {
    checkRules(resources, wanted);
    return create(wanted);
  },
  checkUpdate: checkRules,
  remove(resources, target) {
    checkDelete(resources, target);
    // With a cluster goes all that stands in it, and what its controllers made outside stays; with a repository its images.
    const inside = [
      ...imagesOf(resources, target),
      ...(target.type === 'aws:eks/cluster:Cluster'
        ? resources.filter(({ outputs }) => outputs.cluster === target.id)
        : []),
    ];
    for (const resource of inside) resources.splice(resources.indexOf(resource), 1);
  },
  secondsOf,
  answer,
});
