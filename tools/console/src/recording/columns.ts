import type { RunEvent } from '../events.ts';

/** An event, and when it was told: epoch milliseconds. */
export interface Told {
  atMs: number;
  event: RunEvent;
}

/**
 * Events as columns, which compress far better than the events do. Those of the same shape, that is with the same fields
 * and lengths of lists, share a table; `order` has the number of the table of each event.
 */
export interface EventTables {
  /** When each was told: the first, then by how much each is after the one before. */
  atMs: number[];
  order: number[];
  tables: Table[];
}

interface Table {
  /** An event with null in the place of each value. */
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
  /** Texts: itself where it is new, else which of the earlier ones it is. */
  | { texts: (string | number)[] }
  | { values: Value[] };

/** The columns of some events. What JSON cannot hold becomes what `JSON.stringify` makes of it. */
export function tablesOf(told: readonly Told[]): EventTables {
  const tables = new Map<string, { number: number; rows: Value[][] }>();
  const order = told.map(({ event }) => {
    const row: Value[] = [];
    const shape = JSON.stringify(shapeOf(event, row));
    const table = tables.get(shape) ?? { number: tables.size, rows: [] };
    tables.set(shape, table);
    table.rows.push(row);
    return table.number;
  });
  return {
    atMs: stepsOf(told.map(({ atMs }) => atMs)),
    order,
    tables: [...tables].map(([shape, { rows }]) => ({
      shape: JSON.parse(shape),
      columns: (rows[0] ?? []).map((_, i) => columnOf(rows.map((row) => row[i] ?? null))),
    })),
  };
}

/** The events of some columns. */
export function eventsOf({ atMs, order, tables }: EventTables): Told[] {
  const read = tables.map(({ shape, columns }, number) => {
    const rows = order.filter((one) => one === number).length;
    return { shape, columns: columns.map((column) => valuesOf(column, rows)), next: 0 };
  });
  const times = summed(atMs);
  return order.map((number, i) => {
    const table = read[number];
    if (!table) throw new RangeError(`there is no table ${number}`);
    const row = table.next++;
    let column = 0;
    const value = () => table.columns[column++]?.[row] ?? null;
    return { atMs: times[i] as number, event: filled(table.shape, value) as RunEvent };
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

function columnOf(values: readonly Value[]): Column {
  const [first = null] = values;
  if (values.every((value) => value === first)) return { same: first };
  if (values.every(isTime)) return { times: stepsOf(values.map((value) => Date.parse(value))) };
  if (values.every((value) => typeof value === 'number')) {
    const parts = [1, 1000].find((n) => values.every((value) => isPart(value, n)));
    if (parts !== undefined)
      return { parts, steps: stepsOf(values.map((value) => Math.round(value * parts))) };
  }
  if (values.every((value) => typeof value === 'string')) {
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
function valuesOf(column: Column, rows: number): Value[] {
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
