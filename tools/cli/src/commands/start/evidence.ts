import type { RequestLog } from '@envoy-poc/console';

/** Lines of one request that are told. */
const MOST_LINES = 100;

/** What the logs in a folder say of requests, and why each was answered as it was. One is looked up at a time. */
export function evidenceIn(folder: string): (requestId: string) => Promise<RequestLog> {
  let last: Promise<unknown> = Promise.resolve();
  return (requestId) => {
    const found = last.then(() => lookUp(folder, requestId));
    last = found.catch(() => {});
    return found;
  };
}

async function lookUp(folder: string, requestId: string): Promise<RequestLog> {
  // Only who asks pays for it.
  const [{ Explainer }, { paragraph }, { Records }, { logsIn }] = await Promise.all([
    import('../why/explain.ts'),
    import('../why/print.ts'),
    import('../why/records.ts'),
    import('../why/sources/local.ts'),
  ]);
  const told = await logsIn(folder);
  if (!told || requestId === '') return { why: [], lines: [] };
  const lines = told.logs.flatMap(({ name, lines }) =>
    lines.filter((line) => line.includes(`"${requestId}"`)).map((line) => ({ from: name, line })),
  );
  const why = new Explainer(new Records(told)).explain(requestId).map(paragraph);
  return { why, lines: lines.slice(0, MOST_LINES) };
}
