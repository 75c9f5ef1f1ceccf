/**
 * Leaves colours to terminals: Nx sets FORCE_COLOR for all that it runs, and the output of a task that is redirected
 * would hold them in a file.
 */
export function leaveColoursToTerminals(env: NodeJS.ProcessEnv): void {
  if (env.NX_TASK_TARGET_PROJECT !== undefined && env.FORCE_COLOR === 'true') delete env.FORCE_COLOR;
}
