import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Rehearsal } from '@envoy-poc/doubles';
import { inject } from 'vitest';
import { ok } from './setting.ts';

/** The work of deploying all layers once, for the scenarios that begin with that. */
export interface Deployment {
  /** Hands over what a rehearsal has deployed. */
  publish(rehearsal: Rehearsal): void;
  /** Leaves the work to somebody else, unless it is done. */
  release(): void;
}

const paths = () => {
  const folder = inject('sharedFolder');
  return { done: join(folder, 'deployed'), claim: join(folder, 'claim'), part: join(folder, 'part') };
};

/** Takes the work on; undefined where somebody is at it or has done it. */
export function claimDeployment(): Deployment | undefined {
  const { done, claim, part } = paths();
  try {
    mkdirSync(claim);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
  return {
    publish(rehearsal) {
      rehearsal.save(part);
      renameSync(part, done);
    },
    release() {
      if (!existsSync(done)) rmSync(claim, { recursive: true });
    },
  };
}

/** A folder with all layers deployed as stack `dev`, to begin a rehearsal with; whoever needs it first deploys. */
export async function deployed(): Promise<string> {
  const { done } = paths();
  while (!existsSync(done)) {
    const deployment = claimDeployment();
    if (!deployment) {
      await sleep(200);
      continue;
    }
    const rehearsal = await Rehearsal.start();
    try {
      await ok(rehearsal.nx('run-many', '-t', 'deploy'));
      deployment.publish(rehearsal);
    } finally {
      deployment.release();
      await rehearsal.close();
    }
  }
  return done;
}
