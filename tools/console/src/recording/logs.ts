import type { RequestLog } from '../server.ts';
import { rowsOf, type Tables, tablesOf } from './columns.ts';

/** What was logged of some requests, as columns. */
export interface LogTables extends Tables {
  /** Of the requests. */
  ids: string[];
}

/** A line as its fields where it is JSON, else in parts; `from`: who wrote it, or nobody in an explanation. */
interface Row {
  of: string;
  from?: string;
  text: object | string[];
}

/** The columns of what was logged, by request. */
export function logTables(logs: ReadonlyMap<string, RequestLog>): LogTables {
  const ids = [...logs.keys()];
  const rows = [...logs].flatMap(([of, { why, lines }]): Row[] => [
    ...why.map((text) => ({ of, text: partsOf(text, of) })),
    ...lines.map(({ from, line }) => ({ of, from, text: fieldsOf(line) ?? [line] })),
  ]);
  return { ids, ...tablesOf(rows, ids) };
}

/** What some columns say, by request. */
export function logsOf({ ids, ...tables }: LogTables): Map<string, RequestLog> {
  const logs = new Map<string, RequestLog>(ids.map((id) => [id, { why: [], lines: [] }]));
  for (const { of, from, text } of rowsOf(tables, ids) as Row[]) {
    const line = Array.isArray(text) ? text.join('') : JSON.stringify(text);
    if (from === undefined) logs.get(of)?.why.push(line);
    else logs.get(of)?.lines.push({ from, line });
  }
  return logs;
}

/** The id and each number apart, as the words between them are the same in many. */
function partsOf(text: string, id: string): string[] {
  return text.split(id).flatMap((between, i) => [...(i > 0 ? [id] : []), ...between.split(/(\d+)/)]);
}

/** Undefined: a line is no JSON object, or not written as `JSON.stringify` does. */
function fieldsOf(line: string): object | undefined {
  try {
    const fields: unknown = JSON.parse(line);
    const isObject = typeof fields === 'object' && fields !== null && !Array.isArray(fields);
    return isObject && JSON.stringify(fields) === line ? fields : undefined;
  } catch {
    return undefined;
  }
}
