import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Contract, ContractError, noStackError, parseOutputs } from '@envoy-poc/layers';
import { parse } from 'yaml';
import * as z from 'zod';
import { PushImagesError } from './errors.ts';

const stackFile = z.looseObject({
  config: z.looseObject({ 'aws:profile': z.string().optional() }).optional(),
});

/** The AWS profile that the registry layer's stack is deployed with, if its settings are here and name one. */
export async function stackProfile(root: string, stack: string): Promise<string | undefined> {
  const file = join(root, 'projects/registry', `Pulumi.${stack}.yaml`);
  const text = await readFile(file, 'utf8').catch(() => '{}');
  return stackFile.safeParse(parse(text)).data?.config?.['aws:profile'];
}

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
  const folder = join(root, 'projects/registry');
  const pulumi = async (...args: string[]): Promise<unknown> => {
    const options = { cwd: folder, signal };
    return JSON.parse((await promisify(execFile)('pulumi', [...args, '--non-interactive'], options)).stdout);
  };
  try {
    return parseOutputs('registry', stack, await pulumi('stack', 'output', '--json', '--stack', stack));
  } catch (error) {
    if (signal.aborted || !(error instanceof Error)) throw error;
    if (error instanceof ContractError) throw stackError(stack, error.message, error);
    const { code, stderr = '' } = error as Error & { code?: unknown; stderr?: string };
    if (code === 'ENOENT') {
      throw stackError(
        stack,
        'no pulumi on PATH, and it is what knows the repositories of a stack.',
        error,
        'Install it (https://www.pulumi.com/docs/install), or name the repository with --repository.',
      );
    }
    const stacks = stackList.safeParse(await pulumi('stack', 'ls', '--json').catch(() => undefined)).data;
    if (stacks?.every(({ name }) => lastPart(name) !== lastPart(stack))) {
      throw stackError(stack, noStackError('registry', stack).message, error);
    }
    throw stackError(
      stack,
      `pulumi could not read the outputs of stack ${stack} in projects/registry:\n${stderr.trim() || error.message}`,
      error,
    );
  }
}

const stackList = z.array(z.looseObject({ name: z.string() }));

/** A stack's own name, of `organization/project/stack` too. */
function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function stackError(value: string, problem: string, cause: Error, nextStep?: string): PushImagesError {
  return new PushImagesError('ERR_STACK', problem, { value, nextStep, cause });
}
