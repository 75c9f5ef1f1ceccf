import { rename, writeFile } from 'node:fs/promises';
import { type Demand, demandSchema, type Limits } from '@envoy-poc/edge';
import { show } from './addresses.ts';
import type { DataPlane } from './data-plane.ts';
import { limitsOf } from './options.ts';

/** What `.local/state.json` holds while a run lasts. */
export interface StateFile {
  /** URL of the console. */
  console: string;
  limits: Limits;
  demand: Demand;
  /** Addresses and process ids; 0: it was ended on the page. */
  edges: { ingress: string; stats: string; pid: number }[];
  pods: { address: string; pid: number }[];
  clients: { pid: number }[];
  /** `address`: of decisions, health and metrics. Empty where each edge admits its share by itself. */
  pickers: { address: string; reports: string; pid: number }[];
}

/** Writes the file whole or not at all. */
export async function writeStateFile(file: string, console: string, plane: DataPlane): Promise<void> {
  const { options, places } = plane.plan;
  const state: StateFile = {
    console,
    limits: limitsOf(options),
    demand: demandSchema.parse(options),
    edges: places.edges.map(({ ingress, stats }, i) => ({
      ingress: show(ingress),
      stats: show(stats),
      pid: plane.pid(`edge-${i + 1}`),
    })),
    pods: places.pods.map((at, i) => ({ address: show(at), pid: plane.pid(`pod-${i + 1}`) })),
    clients: places.clients.map((_, i) => ({ pid: plane.pid(`client-${i + 1}`) })),
    pickers: places.pickers.map(({ decisions, reports }, i) => ({
      address: show(decisions),
      reports: show(reports),
      pid: plane.pid(`picker-${i + 1}`),
    })),
  };
  await writeFile(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`);
  await rename(`${file}.new`, file);
}
