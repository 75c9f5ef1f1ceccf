/** Runs a verb in this process, to its end; `process.exitCode` says how that was. */
export type RunVerb = (argv: readonly string[]) => Promise<void>;

interface Verb {
  readonly name: string;
  /** What somebody wants who looks for it: a heading of `--help`. */
  readonly group: string;
  readonly summary: string;
  /** Loads its code; what is not asked for is not loaded. */
  load(): Promise<{ readonly main: RunVerb }>;
}

const stack = (name: string, group: string, summary: string): Verb => ({
  ...{ name, group, summary },
  load: async () => {
    const { main } = await import('./commands/stack/main.ts');
    return { main: (argv) => main([name, ...argv]) };
  },
});

/** Every verb of `envoy-poc`, in the order of its help. */
export const verbs: readonly Verb[] = [
  {
    name: 'start',
    group: 'On this machine',
    summary: 'run the whole data plane here, and say whether its limits hold',
    load: () => import('./commands/start/main.ts'),
  },
  {
    name: 'init',
    group: 'Make it yours',
    summary: 'write your names, places and profiles wherever they stand',
    load: () => import('./commands/init/main.ts'),
  },
  {
    name: 'doctor',
    group: 'Before a deploy',
    summary: 'say whether a deploy can work, before anything is touched',
    load: () => import('./commands/doctor/main.ts'),
  },
  {
    name: 'cost',
    group: 'Before a deploy',
    summary: 'say what a stack will cost in a month',
    load: () => import('./commands/cost/main.ts'),
  },
  stack('preview', 'Before a deploy', 'show what a deploy would change'),
  {
    name: 'rehearse',
    group: 'Before a deploy',
    summary: 'deploy and destroy all layers on this machine, against doubles of AWS',
    load: () => import('./commands/rehearse/main.ts'),
  },
  stack('deploy', 'Deploy', 'make reality what the program says: one layer, or --all'),
  {
    name: 'push',
    group: 'Deploy',
    summary: 'build the images of the apps and push them, or write them to a folder or a file',
    load: () => import('./commands/push/main.ts'),
  },
  stack('outputs', 'Deploy', 'print what a layer publishes, as JSON'),
  {
    name: 'verify',
    group: 'After a deploy',
    summary: 'say whether what was deployed works',
    load: () => import('./commands/verify/main.ts'),
  },
  {
    name: 'access',
    group: 'After a deploy',
    summary: 'write the kubeconfig, and say what you may do in the cluster',
    load: () => import('./commands/access/main.ts'),
  },
  stack('drift', 'After a deploy', 'fail when reality is not what the state says'),
  stack('refresh', 'After a deploy', 'take what has changed in reality into the state'),
  stack('destroy', 'At the end', 'delete everything in the stack: of one layer, or --all'),
  {
    name: 'cleanup',
    group: 'At the end',
    summary: 'name what AWS keeps, and the commands that remove it',
    load: () => import('./commands/cleanup/main.ts'),
  },
];
