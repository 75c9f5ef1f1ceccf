import type { Check } from '#runtime';
import type { ServerContext } from '../context.ts';
import { connectionChecks } from './connections.ts';
import { limitChecks } from './limits.ts';
import { reportChecks } from './reports.ts';

/** Every sentence of docs/your-own-server.md that can be checked from outside; the last one ends the server. */
export const checks: readonly Check<ServerContext>[] = [...limitChecks, ...reportChecks, ...connectionChecks];
