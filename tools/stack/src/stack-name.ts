/** The stack that is meant: as the command says it, or the environment, or `dev`. */
export function stackOf(named: string | undefined, env: NodeJS.ProcessEnv): string {
  return named ?? (env.STACK || 'dev');
}
