import { execFile } from 'node:child_process';
import { grpcStaysHere } from '@envoy-poc/proxy/grpc';

/** How a run of another program ended; undefined: it is not on PATH. */
export type ToolResult =
  | { readonly code: number; readonly stdout: string; readonly stderr: string }
  | undefined;

/** Runs another program and waits for it, `timeoutSeconds` at most (default: 30). */
export type RunTool = (
  command: string,
  args: readonly string[],
  options?: { readonly cwd?: string; readonly timeoutSeconds?: number },
) => Promise<ToolResult>;

/** Runs programs with an environment. */
export function toolRunner(env: NodeJS.ProcessEnv, signal: AbortSignal): RunTool {
  return (command, args, { cwd, timeoutSeconds = 30 } = {}) =>
    new Promise((resolve, reject) => {
      const options = {
        env: { ...grpcStaysHere, ...env },
        signal,
        cwd,
        timeout: timeoutSeconds * 1000,
        maxBuffer: 64 * 2 ** 20,
      };
      execFile(command, args, options, (error, stdout, stderr) => {
        if (!error) resolve({ code: 0, stdout, stderr });
        else if (error.code === 'ENOENT') resolve(undefined);
        else if (signal.aborted) reject(signal.reason);
        else resolve({ code: typeof error.code === 'number' ? error.code : 1, stdout, stderr });
      });
    });
}
