/** What is known of an app that becomes an image. */
interface App {
  /** What its repository in the registry layer is called, after the prefix. */
  readonly repository: string;
  /** The workload that runs it. */
  readonly workload: string;
  /** What its image says of itself. */
  readonly description: string;
}

/**
 * The apps that become images, by the name of their folder under `apps/` and of their project in Nx. Layers and tools read
 * this list; Nx finds them by the tag `image` in their package.json, and a test compares.
 */
export const apps = {
  'ws-server': {
    repository: 'app',
    workload: 'server',
    description: 'Holds WebSockets and answers every message with the time and its pod.',
  },
  'ws-client': {
    repository: 'client',
    workload: 'client',
    description: 'Keeps WebSockets open and sends a message now and then.',
  },
  'endpoint-picker': {
    repository: 'picker',
    workload: 'picker',
    description: 'Tells the edges which server pods have a free slot, and admits at the rate.',
  },
} as const satisfies Record<string, App>;

/** An app that becomes an image. */
export type AppName = keyof typeof apps;

/** A workload that runs an app of ours. */
export type AppWorkload = (typeof apps)[AppName]['workload'];

/** Every app's name. */
export const appNames = Object.keys(apps) as AppName[];

/** The app of each workload. */
export const appOf = Object.fromEntries(appNames.map((app) => [apps[app].workload, app])) as {
  readonly [A in AppName as (typeof apps)[A]['workload']]: A;
};

/** Every workload that runs an app of ours. */
export const appWorkloads = Object.keys(appOf) as AppWorkload[];

/** Where the push of an image writes its digest, for the workloads layer, under the workspace's folder. */
export const imagesFolder = 'dist/images';

/** The environment variable in which tests and tools find something of an app, such as `WS_SERVER_IMAGE`. */
export function variableOf(app: string, what: 'IMAGE' | 'REPOSITORY'): string {
  return `${app.toUpperCase().replaceAll('-', '_')}_${what}`;
}

/** A value for each app. */
export function forEachApp<T>(make: (app: AppName) => T): Record<AppName, T> {
  return Object.fromEntries(appNames.map((app) => [app, make(app)])) as Record<AppName, T>;
}

/** The command that pushes an app's image. */
export function pushCommand(app: AppName, stack: string): string {
  return `npx nx run ${app}:push --stack ${stack}`;
}
