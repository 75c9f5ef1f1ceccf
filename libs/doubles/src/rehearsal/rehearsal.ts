import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Layer, platformFileOf, profilesOf } from '@envoy-poc/layers';
import { parse, stringify } from 'yaml';
import { changeAccount, type Resource, readAccount, readDocument } from '../account/account.ts';
import { type InjectedFault, setFaults } from '../account/faults.ts';
import { type Operation, readJournal } from '../account/journal.ts';
import { type EcrEndpoint, startEcrEndpoint } from '../ecr/endpoint.ts';
import { type IdentityDouble, startIdentityDouble } from '../identity/identity-double.ts';
import { writeBaseImage } from './base-image.ts';
import { doublesOf, environmentOf, markOf } from './environment.ts';
import { writeHome } from './person.ts';
import { killAll } from './processes.ts';
import { type Reaper, startReaper } from './reaper.ts';
import { copyState } from './snapshot.ts';
import { root } from './working-tree.ts';
import { cloneWorkspace, writeOrigin } from './workspace.ts';

/** How a command ended. */
export interface Run {
  /** Its exit code; undefined when a signal ended it. */
  code: number | undefined;
  /** Both in words: `nx run-many -t deploy was ended by SIGKILL`. */
  ending: string;
  /** What it printed, both streams. */
  output: string;
  /** What it printed for programs to read. */
  stdout: string;
}

/** A command that runs. */
export interface Running {
  ended: Promise<Run>;
  /** What it printed so far. */
  output(): string;
}

/** What a run did to a layer. */
export interface RunRecord {
  layer: Layer;
  stack: string;
  verb: string;
  ok: boolean;
  /** When it ended; epoch milliseconds. */
  endedAt: number;
  seconds: number;
  /** How many resources had what done to them; left out where that is not known. */
  changes?: Record<string, number>;
  /** Why it failed, or why there was nothing to do. */
  message?: string;
}

/** How a rehearsal is set up. */
export interface RehearsalOptions {
  /** A folder that another rehearsal was saved to: its stacks are there from the beginning. */
  from?: string;
  /** Profiles of the AWS CLI that the person has. Left out: those of `platform.yaml`. */
  profiles?: readonly string[];
  /** Gets what commands print, as they do. */
  onOutput?: (text: string) => void;
}

/**
 * A clone of the whole workspace, with a Pulumi backend, a fake AWS account and a person's home of its own: commands are
 * those that users run, and nothing of it is left when it is closed.
 */
export class Rehearsal {
  /** Holds all of it. */
  readonly folder: string;
  /** The repository that clones come from: the history, and what is not committed. */
  readonly origin: string;
  /** The clone that commands run in. */
  readonly workspace: string;
  readonly #account: string;
  readonly #onOutput: (text: string) => void;
  #ecr: EcrEndpoint | undefined;
  #identity: IdentityDouble | undefined;
  readonly #reaper: Reaper;
  readonly #children = new Set<ChildProcess>();

  private constructor({ onOutput = () => {} }: RehearsalOptions) {
    this.folder = mkdtempSync(join(tmpdir(), 'envoy-poc-rehearsal-'));
    this.origin = join(this.folder, 'origin');
    this.workspace = join(this.folder, 'workspace');
    this.#account = join(this.folder, 'account');
    this.#onOutput = onOutput;
    process.once('exit', this.#end);
    this.#reaper = startReaper(markOf(this.#account), this.folder);
  }

  readonly #end = () => {
    this.kill();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };

  /** Sets a rehearsal up. */
  static async start(options: RehearsalOptions = {}): Promise<Rehearsal> {
    const rehearsal = new Rehearsal(options);
    try {
      for (const name of ['account', 'state', 'pulumi']) mkdirSync(join(rehearsal.folder, name));
      writeBaseImage(join(rehearsal.folder, 'base'));
      writeHome(join(rehearsal.folder, 'home'), options.profiles ?? profilesOf(platformFileOf(root)));
      writeOrigin(rehearsal.origin, join(rehearsal.folder, 'base'));
      cloneWorkspace(rehearsal.origin, rehearsal.workspace);
      if (options.from !== undefined) copyState(options.from, rehearsal.folder);
      rehearsal.#ecr = await startEcrEndpoint(rehearsal.#account);
      rehearsal.#identity = await startIdentityDouble();
      return rehearsal;
    } catch (error) {
      await rehearsal.close();
      throw error;
    }
  }

  /** Saves the state of all stacks to a folder, for another rehearsal to begin with. */
  save(folder: string): void {
    copyState(this.folder, folder);
  }

  /** Whose signatures ECR has seen: identifiers of access keys, each once, in the order in which they came. */
  signers(): string[] {
    return [...(this.#ecr?.signers ?? [])];
  }

  /** The variables by which a process finds this rehearsal's doubles, without an account, a home or a backend. */
  doubles(): NodeJS.ProcessEnv {
    return doublesOf(this.#places(), this.#endpoints());
  }

  #places() {
    return { folder: this.folder, workspace: this.workspace, account: this.#account };
  }

  #endpoints() {
    return { ecr: this.#ecr?.url ?? '', identity: this.#identity?.endpoint ?? '' };
  }

  /** What the account holds, of all stacks. */
  account(): Resource[] {
    return readAccount(this.#account);
  }

  /** Changes the account behind Pulumi's back. */
  tamper(change: (resources: Resource[]) => void): void {
    changeAccount(this.#account, change);
  }

  /** Decides what will go wrong. */
  faults(...faults: InjectedFault[]): void {
    setFaults(this.#account, faults);
  }

  /** What the providers did so far, and what they are at. */
  journal(): Operation[] {
    return readJournal(this.#account);
  }

  /** What the last run of a verb (`deploy`, `destroy`) did to a layer, as the run itself wrote it down. */
  record(layer: Layer, verb: string, stack = 'dev'): RunRecord | undefined {
    const file = join(this.workspace, 'dist/runs', stack, `${layer}-${verb}.json`);
    return readDocument<RunRecord | undefined>(file, undefined);
  }

  /** Replaces some of a stack's settings; a stack that has none is made like `dev`. */
  configure(layer: Layer, config: Record<string, unknown>, stack = 'dev'): void {
    const file = (name: string) => join(this.workspace, 'projects', layer, `Pulumi.${name}.yaml`);
    const read = (name: string) => parse(readFileSync(file(name), 'utf8')) as { config?: object };
    let before: { config?: object };
    try {
      before = read(stack);
    } catch {
      before = { config: read('dev').config ?? {} };
    }
    const replaced = Object.fromEntries(
      Object.entries(config).map(([key, value]) => [`${layer}:${key}`, value]),
    );
    writeFileSync(file(stack), stringify({ ...before, config: { ...before.config, ...replaced } }));
  }

  /** Runs Nx in the clone, as in `nx run-many -t deploy`. */
  nx(...words: string[]): Promise<Run> {
    return this.run(['nx', ...words]).ended;
  }

  /** Runs a command in a layer's folder. */
  inLayer(layer: Layer, ...words: string[]): Promise<Run> {
    return this.run(words, join(this.workspace, 'projects', layer)).ended;
  }

  /** Starts a command in the clone of the workspace. */
  run(words: readonly string[], cwd: string = this.workspace): Running {
    const [command = '', ...args] = words;
    const child = spawn(command, args, {
      cwd,
      env: environmentOf(this.#places(), this.#endpoints()),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.add(child);
    let output = '';
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        this.#onOutput(text);
      });
    }
    const ended = new Promise<Run>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        this.#children.delete(child);
        const ending = `${words.join(' ')} ${code === null ? `was ended by ${signal}` : `ended with ${code}`}`;
        resolve({ code: code ?? undefined, ending, output, stdout });
      });
    });
    return { ended, output: () => output };
  }

  /** Kills all that runs, as a power cut would. */
  kill(): void {
    const groups = [...this.#children].flatMap(({ pid }) => pid ?? []);
    // What is killed first cannot start more; the rest is found by the environment it inherited.
    for (let round = 0; round < 3; round += 1) killAll(markOf(this.#account), groups);
    // A process that was killed while it held the account cannot give it back.
    for (const name of ['account', 'faults']) {
      rmSync(join(this.#account, `${name}.json.lock`), { recursive: true, force: true });
    }
  }

  /** Ends all that runs, and removes the clone, the backend and the account, unless they are to be kept. */
  async close({ keep = false } = {}): Promise<void> {
    process.off('exit', this.#end);
    this.kill();
    await this.#ecr?.close();
    await this.#identity?.[Symbol.asyncDispose]();
    if (!keep) this.#end();
    this.#reaper.release();
  }
}
