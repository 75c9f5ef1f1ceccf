import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';

/**
 * The path of a picture to come. Whether it can be written is tried at once, and not after the minute that it takes to
 * have something to draw.
 *
 * @throws {InvalidArgumentError} for a file that cannot be written, or is not an SVG by its name
 */
export function writablePicture(file: string): string {
  if (!file.endsWith('.svg'))
    throw new InvalidArgumentError(`It is drawn as SVG: name a file that ends in .svg.`);
  const known = existsSync(file);
  try {
    closeSync(openSync(file, 'a'));
  } catch (error) {
    throw new InvalidArgumentError(`It cannot be written: ${(error as Error).message}.`);
  }
  if (!known) rmSync(file);
  return file;
}
