import type { Workload } from './names.ts';

/** CPU in millicores, such as `100m`, and memory in mebibytes, such as `128Mi`. */
export type Quantities = { cpu: string; memory: string };

/** What a container may use, and what the scheduler keeps free for it. */
export interface Resources {
  limits: Quantities;
  requests: Quantities;
}

/** The most each workload's container may use. */
export const resourceLimits: Readonly<Record<Workload, Quantities>> = {
  server: { cpu: '100m', memory: '128Mi' },
  edge: { cpu: '250m', memory: '256Mi' },
  client: { cpu: '100m', memory: '128Mi' },
  picker: { cpu: '250m', memory: '128Mi' },
};

/** The number of a quantity whose unit is fixed: millicores of `100m`, mebibytes of `128Mi`. */
export function amount(quantity: string): number {
  return Number.parseInt(quantity, 10);
}
