import { push } from '@envoy-poc/push-images';
import { runProcess } from '#runtime';

export const main = (argv: readonly string[]) =>
  runProcess((words, place) => push(words, { ...place, name: 'envoy-poc push' }), argv);
