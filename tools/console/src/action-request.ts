import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import { type Action, tourSteps } from './actions.ts';

/** Largest body of an action, in bytes. */
export const MOST_BODY_BYTES = 4096;

const processName = z.string('must be the name of a process, such as pod-2');
const number = z.number('must be a number');

const actions = z.discriminatedUnion(
  'action',
  [
    z.strictObject({ action: z.literal('storm'), attempts: number }),
    z.strictObject({ action: z.enum(['kill', 'start', 'pause', 'resume', 'drain']), process: processName }),
    z.strictObject({ action: z.literal('add-client') }),
    z.strictObject({
      action: z.literal('set'),
      limits: z
        .strictObject({
          connectionsPerPod: number.exactOptional(),
          newConnectionsPerSecond: number.exactOptional(),
          serverReplicas: number.exactOptional(),
          edgeReplicas: number.exactOptional(),
        })
        .refine((limits) => Object.keys(limits).length > 0, 'must name a limit'),
    }),
    z.strictObject({
      action: z.literal('tour'),
      step: z.enum(tourSteps, `must be one of ${tourSteps.join(', ')}`),
      phase: z.enum(['break', 'mend'], 'must be break or mend'),
    }),
  ],
  'must be storm, kill, start, pause, resume, drain, add-client, set or tour',
);

/** Reads the body of a request as an action; a text says in one sentence why it is none. */
export function actionFrom(body: string): Action | string {
  const value = parseJson(body);
  const parsed = actions.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path ?? [];
  if (typeof value !== 'object' || value === null) return 'the body must be an action as a JSON object';
  const given = path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown>)?.[key], value);
  return `${path.join('.') || 'the action'} ${JSON.stringify(given)}: ${issue?.message}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Compares in a time that does not depend on how much of it is right. */
export function isToken(given: unknown, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return typeof given === 'string' && timingSafeEqual(digest(given), digest(token));
}

/** The body of a request as text; undefined: it is longer than {@link MOST_BODY_BYTES}. */
export async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Who says too much still gets an answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > MOST_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
