import type { Verb as StackVerb } from './commands/stack/verbs.ts';

/** Runs a verb in this process and sets `process.exitCode`. */
type RunVerb = (argv: readonly string[]) => Promise<void>;

interface Verb {
  readonly name: string;
  /** Its heading in `--help`. */
  readonly group: string;
  readonly summary: string;
  /** Loads its code, so that other verbs are not loaded. */
  load(): Promise<{ readonly main: RunVerb }>;
}

const stack = (name: StackVerb, group: string, summary: string): Verb => ({
  ...{ name, group, summary },
  load: async () => ({ main: (await import('./commands/stack/main.ts')).mainOf(name) }),
});

/** Every verb of `envoy-poc`, in the order of its help. */
export const verbs: readonly Verb[] = [
  {
    name: 'start',
    group: 'On this machine',
    summary: 'run the data plane on this machine and check its limits',
    load: () => import('./commands/start/main.ts'),
  },
  {
    name: 'init',
    group: 'Make it yours',
    summary: 'set the names, region and profiles of your account',
    load: () => import('./commands/init/main.ts'),
  },
  {
    name: 'doctor',
    group: 'Before a deploy',
    summary: 'check whether a deploy can work; change nothing',
    load: () => import('./commands/doctor/main.ts'),
  },
  {
    name: 'cost',
    group: 'Before a deploy',
    summary: 'estimate the monthly cost of a stack',
    load: () => import('./commands/cost/main.ts'),
  },
  stack('preview', 'Before a deploy', 'show what a deploy would change'),
  {
    name: 'rehearse',
    group: 'Before a deploy',
    summary: 'deploy and destroy all layers against doubles of AWS',
    load: () => import('./commands/rehearse/main.ts'),
  },
  {
    name: 'check-server',
    group: 'Before a deploy',
    summary: 'check whether your own server keeps the limits',
    load: () => import('./commands/check-server/main.ts'),
  },
  stack('deploy', 'Deploy', 'deploy one layer, or --all'),
  {
    name: 'push',
    group: 'Deploy',
    summary: 'build the images of the apps, and push or save them',
    load: () => import('./commands/push/main.ts'),
  },
  stack('outputs', 'Deploy', 'print the outputs of a layer as JSON'),
  {
    name: 'verify',
    group: 'After a deploy',
    summary: 'check whether a deployed stack or a local run works',
    load: () => import('./commands/verify/main.ts'),
  },
  {
    name: 'console',
    group: 'After a deploy',
    summary: 'show connections, refusals and limits in a browser',
    load: () => import('./commands/console/main.ts'),
  },
  {
    name: 'why',
    group: 'After a deploy',
    summary: 'explain why a connection was refused',
    load: () => import('./commands/why/main.ts'),
  },
  {
    name: 'access',
    group: 'After a deploy',
    summary: 'write the kubeconfig and list what you may do in the cluster',
    load: () => import('./commands/access/main.ts'),
  },
  stack('drift', 'After a deploy', 'fail if deployed resources differ from the state'),
  stack('refresh', 'After a deploy', 'update the state from the deployed resources'),
  stack('destroy', 'Clean up', 'delete the resources of one layer, or --all'),
  {
    name: 'cleanup',
    group: 'Clean up',
    summary: 'list what AWS still keeps, with the commands that remove it',
    load: () => import('./commands/cleanup/main.ts'),
  },
];
