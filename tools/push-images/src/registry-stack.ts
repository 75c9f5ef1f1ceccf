import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Contract, ContractError, noStackError, parseOutputs } from '@envoy-poc/layers';
import { PushImagesError } from './errors.ts';

/**
 * What the registry layer publishes, as its deployed stack has it.
 *
 * @param root the workspace's folder
 * @throws {PushImagesError} ERR_STACK when there is no such stack, no Pulumi, or no answer; the message says what to do.
 */
export async function registryOutputs(
  root: string,
  stack: string,
  signal: AbortSignal,
): Promise<Contract<'registry'>> {
  const outputs = await stackOutputs(join(root, 'projects/registry'), stack, signal);
  try {
    return parseOutputs('registry', stack, outputs);
  } catch (error) {
    throw error instanceof ContractError ? stackError(error.message, error) : error;
  }
}

async function stackOutputs(folder: string, stack: string, signal: AbortSignal): Promise<unknown> {
  try {
    const { stdout } = await promisify(execFile)(
      'pulumi',
      ['stack', 'output', '--json', '--non-interactive', '--stack', stack],
      { cwd: folder, signal },
    );
    return JSON.parse(stdout);
  } catch (error) {
    if (signal.aborted || !(error instanceof Error)) throw error;
    const { code, stderr = '' } = error as Error & { code?: unknown; stderr?: string };
    if (code === 'ENOENT') {
      throw stackError(
        'no pulumi on PATH, and it is what knows the repositories of a stack.\n' +
          'Install it (https://www.pulumi.com/docs/install), or name the repository with --repository.',
        error,
      );
    }
    if (/no stack named/.test(stderr)) throw stackError(noStackError('registry', stack).message, error);
    throw stackError(
      `pulumi could not read the outputs of stack ${stack} in projects/registry:\n${stderr.trim() || error.message}`,
      error,
    );
  }
}

function stackError(message: string, cause: Error): PushImagesError {
  return new PushImagesError('ERR_STACK', message, { cause });
}
