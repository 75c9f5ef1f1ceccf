import type { RunEvent } from '../events.ts';

/** An event, and when it was told: epoch milliseconds. */
export interface Told {
  atMs: number;
  event: RunEvent;
}

/**
 * Plain data as columns, which compress far better than the data do. Those of the same shape, that is with the same fields
 * and lengths of lists, share a table; `order` has the number of the table of each.
 */
export interface Tables {
  order: number[];
  tables: Table[];
}

/** Events as columns. */
export interface EventTables extends Tables {
  /** When each was told: the first, then by how much each is after the one before. */
  atMs: number[];
}

interface Table {
  /** One of them with null in the place of each value. */
  shape: Shape;
  /** Of each value of the shape, in its order. */
  columns: Column[];
}

type Value = string | number | boolean | null;
type Shape = null | Shape[] | { [key: string]: Shape };

type Column =
  /** The same in every row. */
  | { same: Value }
  /** ISO 8601 times in milliseconds: the first, then by how much each is after the one before. */
  | { times: number[] }
  /** Numbers, as `times`, in parts: a number is so many divided by `parts`. */
  | { steps: number[]; parts: number }
  /** Which of the texts that are known beforehand: the first, then by how much each is after the one before. */
  | { known: number[] }
  /** Texts: itself where it is new, else which of the earlier ones it is. */
  | { texts: (string | number)[] }
  | { values: Value[] };

/** The columns of some events. What JSON cannot hold becomes what `JSON.stringify` makes of it. */
export function eventTables(told: readonly Told[]): EventTables {
  return { atMs: stepsOf(told.map(({ atMs }) => atMs)), ...tablesOf(told.map(({ event }) => event)) };
}

/** The events of some columns. */
export function eventsOf({ atMs, ...tables }: EventTables): Told[] {
  const times = summed(atMs);
  return rowsOf(tables).map((event, i) => ({ atMs: times[i] as number, event: event as RunEvent }));
}

/**
 * The columns of some data.
 *
 * @param known texts that are stored elsewhere
 */
export function tablesOf(rows: readonly unknown[], known: readonly string[] = []): Tables {
  const tables = new Map<string, { number: number; rows: Value[][] }>();
  const places = new Map(known.map((text, i) => [text, i]));
  const order = rows.map((data) => {
    const row: Value[] = [];
    const shape = JSON.stringify(shapeOf(data, row));
    const table = tables.get(shape) ?? { number: tables.size, rows: [] };
    tables.set(shape, table);
    table.rows.push(row);
    return table.number;
  });
  return {
    order,
    tables: [...tables].map(([shape, { rows }]) => ({
      shape: JSON.parse(shape),
      columns: (rows[0] ?? []).map((_, i) =>
        columnOf(
          rows.map((row) => row[i] ?? null),
          places,
        ),
      ),
    })),
  };
}

/** The data of some columns; `known` is what they were made with. */
export function rowsOf({ order, tables }: Tables, known: readonly string[] = []): unknown[] {
  const read = tables.map(({ shape, columns }, number) => {
    const rows = order.filter((one) => one === number).length;
    return { shape, columns: columns.map((column) => valuesOf(column, rows, known)), next: 0 };
  });
  return order.map((number) => {
    const table = read[number];
    if (!table) throw new RangeError(`there is no table ${number}`);
    const row = table.next++;
    let column = 0;
    return filled(table.shape, () => table.columns[column++]?.[row] ?? null);
  });
}

/** The shape of a value; its values are added to `row`. */
function shapeOf(value: unknown, row: Value[]): Shape {
  if (Array.isArray(value)) return value.map((one) => shapeOf(one, row));
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([, one]) => one !== undefined);
    return Object.fromEntries(fields.map(([key, one]) => [key, shapeOf(one, row)]));
  }
  row.push((value ?? null) as Value);
  return null;
}

function filled(shape: Shape, next: () => Value): unknown {
  if (shape === null) return next();
  if (Array.isArray(shape)) return shape.map((one) => filled(one, next));
  return Object.fromEntries(Object.entries(shape).map(([key, one]) => [key, filled(one, next)]));
}

function columnOf(values: readonly Value[], places: ReadonlyMap<string, number>): Column {
  const [first = null] = values;
  if (values.every((value) => value === first)) return { same: first };
  if (values.every(isTime)) return { times: stepsOf(values.map((value) => Date.parse(value))) };
  if (values.every((value) => typeof value === 'number')) {
    const parts = [1, 1000].find((n) => values.every((value) => isPart(value, n)));
    if (parts !== undefined)
      return { parts, steps: stepsOf(values.map((value) => Math.round(value * parts))) };
  }
  if (values.every((value) => typeof value === 'string')) {
    const found = values.flatMap((value) => places.get(value) ?? []);
    if (found.length === values.length) return { known: stepsOf(found) };
    const known = new Map<string, number>();
    return {
      texts: values.map((value) => {
        const earlier = known.get(value);
        if (earlier === undefined) known.set(value, known.size);
        return earlier ?? value;
      }),
    };
  }
  return { values: [...values] };
}

/** The values of so many rows. */
function valuesOf(column: Column, rows: number, given: readonly string[]): Value[] {
  if ('same' in column) return Array(rows).fill(column.same);
  if ('values' in column) return column.values;
  if ('texts' in column) {
    const known: string[] = [];
    return column.texts.map((text) => {
      if (typeof text === 'number') return known[text] ?? null;
      known.push(text);
      return text;
    });
  }
  if ('known' in column) return summed(column.known).map((place) => given[place] ?? null);
  if ('times' in column) return summed(column.times).map((ms) => new Date(ms).toISOString());
  return summed(column.steps).map((value) => value / column.parts);
}

/** Whether a number is a whole number of parts, and differences of such numbers are exact. */
function isPart(value: number, parts: number): boolean {
  return Math.abs(value * parts) < 2 ** 52 && Math.round(value * parts) / parts === value;
}

function stepsOf(values: readonly number[]): number[] {
  return values.map((value, i) => value - (values[i - 1] ?? 0));
}

function summed(steps: readonly number[]): number[] {
  let sum = 0;
  return steps.map((step) => (sum += step));
}

/** Whether a value is a time exactly as `toISOString` writes it. */
function isTime(value: Value): value is string {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT/.test(value)) return false;
  const ms = Date.parse(value);
  return !Number.isNaN(ms) && new Date(ms).toISOString() === value;
}
