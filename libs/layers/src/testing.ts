import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import * as pulumi from '@pulumi/pulumi';
import * as state from '@pulumi/pulumi/runtime/state.js';
import { type Contract, type Layer, layers } from './contract.ts';
import { engineConfig, type ProjectFile } from './project-file.ts';
import { configInTests } from './testing-names.ts';

/** A resource that a program declared. */
export interface Declared {
  /** Its type token, such as `aws:ec2/vpc:Vpc`. */
  type: string;
  /** Its logical name. */
  name: string;
  /** The id of what it reads, when it is not the program's own. */
  id?: string;
  /** Its inputs, plain. */
  inputs: Record<string, unknown>;
  /** The provider it is declared with: `<urn>::<id>`; empty for the default one. */
  provider: string;
}

/** What a layer's program does, run without an engine. */
export interface LayerRun {
  /** What it publishes, plain. */
  outputs: Record<string, unknown>;
  /** What it declared besides components of its own, in the order the engine was told. */
  resources: Declared[];
  /** What hangs at the stack itself, as `<type> <name>`, sorted: its components and providers. */
  roots: string[];
  /** The logical names of what a resource of a logical name itself waits for. */
  dependenciesOf: (name: string) => string[];
  /** The one resource of a logical name. */
  resource: (name: string) => Declared;
  /** What it warned of. */
  warnings: string[];
  /** What it said besides. */
  notes: string[];
}

/** How to run a layer's program. */
export interface LayerRunOptions {
  /** Its `Pulumi.yaml`, whose defaults are its configuration. */
  project: ProjectFile;
  /** Configuration that replaces those defaults; other namespaces by their full key, such as `aws:region`. */
  config?: Record<string, unknown>;
  /** What the other layers' stacks of the same name have published. */
  published?: { [L in Layer]?: Contract<L> };
  /** What a resource has beyond its inputs once created; by default an id and an ARN in AWS's shape. */
  state?: (resource: Declared) => Record<string, unknown>;
  /** What a provider function answers, by its token. */
  answers?: Record<string, (inputs: Record<string, unknown>) => Record<string, unknown>>;
}

/** What Pulumi's types leave out. */
interface PulumiState {
  getStore(): { supportsTransforms: boolean };
}

/** How Pulumi's SDK tells the engine of a resource. */
type Declare = (request: DeclareRequest, done: unknown) => void;

interface DeclareRequest {
  getType(): string;
  getName(): string;
  getParent(): string;
  getDependenciesList(): string[];
}

/** What the type tokens of a layer's own components begin with. */
const COMPONENT = 'envoy-poc:';

const STACK_REFERENCE = 'pulumi:pulumi:StackReference';

/** Runs a layer's program against mocks, to the end. Its stack is `dev`, its region `us-east-1`. */
export async function runLayer(program: () => unknown, options: LayerRunOptions): Promise<LayerRun> {
  const resources: Declared[] = [];
  const roots: string[] = [];
  const dependencies = new Map<string, string[]>();
  const stackOf = (name: string) => {
    const layer = layers.find((candidate) => name === `organization/${candidate}/dev`);
    const outputs = layer && options.published?.[layer];
    if (!outputs) throw Object.assign(new Error(), { details: `unknown stack "${name}"` });
    return { name, outputs, secretOutputNames: [] };
  };
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, id: read, inputs, provider }) => {
        if (type === STACK_REFERENCE) return { id: name, state: stackOf(name) };
        if (type.startsWith(COMPONENT)) return { id: '', state: {} };
        const declared: Declared = {
          type,
          name,
          ...(read ? { id: read } : {}),
          inputs,
          provider: provider ?? '',
        };
        resources.push(declared);
        const id = read || idOf(declared);
        return {
          id,
          state: { arn: arnOf(declared), name: id, ...inputs, ...options.state?.(declared) },
        };
      },
      call: ({ token, inputs }) =>
        token === 'pulumi:pulumi:readStackOutputs'
          ? stackOf(inputs.name)
          : (options.answers?.[token]?.(inputs) ?? {}),
    },
    options.project.name,
    'dev',
    false,
  );
  // Pulumi's mocks refuse transforms, and what is transformed here are parts of remote components, which they lack.
  (state as unknown as PulumiState).getStore().supportsTransforms = true;
  // Pulumi's mocks say that they know resource hooks, and do not.
  const registered = (_request: unknown, done: (error: null, answer: object) => void) => done(null, {});
  const monitor = pulumi.runtime.getMonitor() as unknown as Record<
    'registerResource' | 'readResource',
    Declare
  >;
  // Pulumi's mocks are not told of parents and dependencies.
  const noted =
    (declare: Declare): Declare =>
    (request, done) => {
      const [type, name] = [request.getType(), request.getName()];
      if (!request.getParent() && type !== STACK_REFERENCE) roots.push(`${type} ${name}`);
      const urns = request.getDependenciesList();
      dependencies.set(
        `${type} ${name}`,
        urns.map((urn) => urn.split('::').at(-1) ?? ''),
      );
      declare.call(monitor, request, done);
    };
  Object.assign(monitor, {
    registerResourceHook: registered,
    registerErrorHook: registered,
    registerResource: noted(monitor.registerResource),
    readResource: noted(monitor.readResource),
  });
  pulumi.runtime.setAllConfig(
    engineConfig(options.project, {
      'aws:region': 'us-east-1',
      ...configInTests(options.project.name),
      ...options.config,
    }),
  );

  const warnings: string[] = [];
  const notes: string[] = [];
  const { warn, log } = console;
  console.warn = (message: string) => warnings.push(message.replace(/^warning: \[runtime\] /, ''));
  console.log = (message: string) => notes.push(message.replace(/^info: \[runtime\] /, ''));
  try {
    const published: pulumi.Output<unknown> = pulumi.output(await program());
    const outputs = await new Promise<Record<string, unknown>>((resolve) => {
      published.apply((plain) => resolve(plain as Record<string, unknown>));
    });
    await pulumi.runtime.disconnect();
    const resource = (name: string) => {
      const found = resources.filter((declared) => declared.name === name);
      if (found.length !== 1 || !found[0]) throw new Error(`${found.length} resources are named ${name}`);
      return found[0];
    };
    const dependenciesOf = (name: string) => dependencies.get(`${resource(name).type} ${name}`) ?? [];
    return { outputs, resources, roots: roots.sort(), dependenciesOf, resource, warnings, notes };
  } finally {
    Object.assign(console, { warn, log });
  }
}

/**
 * What would be changed or made anew of the resources that are in both of two runs of a layer: their names. After a list
 * in the configuration lost an entry, or its order, that is nothing, unless something is named by its place in the list.
 */
export function movedBetween(before: LayerRun, after: LayerRun): string[] {
  const stays = new Map(after.resources.map((resource) => [`${resource.type} ${resource.name}`, resource]));
  return before.resources.flatMap(({ type, name, inputs }) => {
    const now = stays.get(`${type} ${name}`);
    return now && !isDeepStrictEqual(now.inputs, inputs) ? [name] : [];
  });
}

/** EC2 id prefixes by type, where they are not the type's own name in lower case. */
const prefixes: Record<string, string> = {
  SecurityGroup: 'sg',
  InternetGateway: 'igw',
  NatGateway: 'nat',
  RouteTable: 'rtb',
  LaunchTemplate: 'lt',
  Eip: 'eipalloc',
};

function idOf({ type, name }: Declared): string {
  const kind = type.split(':').at(-1) ?? '';
  if (!type.startsWith('aws:ec2/')) return `${name}-id`;
  const digits = createHash('sha256').update(`${type} ${name}`).digest('hex').slice(0, 17);
  return `${prefixes[kind] ?? kind.toLowerCase()}-${digits}`;
}

function arnOf({ type, name }: Declared): string {
  const [, service = ''] = /^aws:([a-z0-9]+)\//.exec(type) ?? [];
  const kind = type.split(':').at(-1)?.toLowerCase();
  const region = service === 'iam' ? '' : 'us-east-1';
  return `arn:aws:${service}:${region}:123456789012:${kind}/${name}`;
}
