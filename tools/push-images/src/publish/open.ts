import type { PushOptions } from '../command-line.ts';
import type { Context } from '../context.ts';
import { layoutPublisher } from './layout.ts';
import type { Publisher } from './publisher.ts';

/**
 * The publisher that a command line asks for.
 *
 * @throws {PushImagesError} ERR_USAGE, ERR_STACK
 */
export async function openPublisher(options: PushOptions, context: Context): Promise<Publisher> {
  if (options.output) return layoutPublisher(options.output, context.signal);
  // With them comes the AWS SDK, which what is written to disk does not need.
  const [{ targetsOf }, publishers] = await Promise.all([import('../ecr/targets.ts'), import('./ecr.ts')]);
  const targets = await targetsOf(options, context);
  if (options.mode === 'plan') return publishers.planPublisher(targets, context);
  if (options.mode === 'verify') return publishers.verifyPublisher(targets, options.tag, context);
  const { recorded } = await import('./record.ts');
  return recorded(publishers.pushPublisher(targets, context), context.root, options.stack);
}
