import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fail, type Outcome, pass, skip, warn } from '#runtime';
import { eventually, type Upgrade, upgrade } from '../client.ts';
import type { ServerContext } from '../context.ts';
import type { PodReport, ReportListener } from '../report-listener.ts';
import { alone, contract, endAll, HEALTH_INTERVAL_MS, isOpen, socketsOf } from './shared.ts';

/** A pod that says nothing for so long is offered to nobody. */
const SILENT_MS = 3000;

/** A change is told at once; so long a busy machine may take. */
const TOLD_MS = 1000;

const next = `report truthfully, or set workloads:admission to shared: ${contract}#reports-to-the-endpoint-pickers`;

/** Endpoint pickers admit by what pods tell them; without that only `admission: shared` works. */
const reports = alone({
  id: 'reports',
  title: 'reports to the endpoint pickers',
  async run(context) {
    const { started } = context;
    if (!started) return skip('somebody else runs it, with PICKERS of its own; --command starts it here');
    if (!started.listener) return skip('a container cannot reach a picker here; --command can');
    return judge(context, started.listener);
  },
});

async function judge(context: ServerContext, listener: ReportListener): Promise<Outcome> {
  const { url, connections } = context;
  const last = () => listener.reports.at(-1);
  const told = (condition: () => boolean, milliseconds = TOLD_MS) =>
    eventually(async () => condition(), Boolean, milliseconds);

  if (!(await told(() => listener.reports.length > 0 || listener.oddLine !== undefined, SILENT_MS))) {
    return warn(
      listener.streams > 0 ? 'connects to PICKERS and reports nothing' : 'does not connect to PICKERS',
      `set workloads:admission to shared, as pickers would never hear of it; or report: ${contract}#reports-to-the-endpoint-pickers`,
    );
  }
  const odd = () => fail(`a line is no report: ${listener.oddLine}`, next);
  if (listener.oddLine) return odd();
  const says = (taken: number) => (report?: PodReport) =>
    report?.limit === connections && report.taken === taken && String(report.port) === url.port;
  const isTold = (taken: number) => told(() => says(taken)(last()));
  const wrong = (when: string, taken: number) =>
    fail(
      `${when}, it says ${JSON.stringify(last())}, not port ${url.port}, limit ${connections}, taken ${taken}`,
      next,
    );

  if (!(await isTold(0))) return wrong('idle', 0);
  const before = listener.reports.length;
  if (!(await told(() => listener.reports.length > before, SILENT_MS))) {
    return fail(
      `says nothing for ${SILENT_MS / 1000} s when nothing changes`,
      `say it once a second: ${next}`,
    );
  }
  const upgrades: Upgrade[] = [];
  try {
    for (let taken = 1; taken <= connections; taken++) {
      const requestId = randomUUID();
      const answer = await eventually(() => upgrade(url, { requestId }), isOpen, HEALTH_INTERVAL_MS);
      upgrades.push(answer);
      if (!answer.socket) return fail('a connection was not let in', 'see the checks above');
      if (!(await isTold(taken))) return wrong(`with ${taken} of ${connections} open`, taken);
      if (!listener.reports.some(({ opened }) => opened === requestId)) {
        return fail(`no report has "opened":"${requestId}", the x-request-id of an upgrade`, next);
      }
    }
    const requestId = randomUUID();
    upgrades.push(await upgrade(url, { requestId }));
    await sleep(200);
    if (listener.reports.some(({ opened }) => opened === requestId)) {
      return fail('a report says that an upgrade took a slot, and it was refused', next);
    }
    listener.cut();
    const count = listener.reports.length;
    if (!(await told(() => listener.reports.length > count, SILENT_MS))) {
      return fail('does not connect again after a picker ended the stream', next);
    }
    if (!(await isTold(connections))) return wrong('connected again', connections);
  } finally {
    await endAll(socketsOf(upgrades));
  }
  if (!(await isTold(0))) return wrong('with all closed again', 0);
  if (listener.oddLine) return odd();
  return pass(`${listener.reports.length} reports, all of them true`);
}

export const reportChecks = [reports];
