import type { PodState, Setup } from '../events.ts';
import type { View } from '../view.ts';
import { type Group, grouped } from './group.ts';

/** A rectangle in pixels. */
export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Point {
  x: number;
  y: number;
}

/** One shape of the picture; `members` are one, or neighbours that are shown as one. */
export interface Node<T> extends Box, Group<T> {}

export interface PodNode extends Node<PodState> {
  open: number;
  highWater: number;
  limit: number;
  /** Of those that are open, how many no log tells of. */
  untold: number;
  /** One place for each slot, or undefined where there is room only for a bar. */
  slots: Box[] | undefined;
  /** All slots. */
  meter: Box;
  /** Without words of its own. */
  small: boolean;
}

/** A line from a client to a slot, or of several connections. */
interface Link {
  key: string;
  path: string;
  /** Of how many connections. */
  count: number;
  requestId: string;
  /** Whether it has a slot that should not be. */
  beyond: boolean;
}

export interface Layout {
  /** From left to right, or from top to bottom on a narrow screen. */
  wide: boolean;
  w: number;
  h: number;
  clients: Node<Setup['clients'][number]>[];
  edges: Node<Setup['edges'][number]>[];
  pods: PodNode[];
  links: Link[];
  /** Where the rate is drawn. */
  gate: Box;
}

/** Lines that can be told apart; more are drawn as one from each client to each edge, and from there to each row of pods. */
const MOST_LINES = 300;

const WIDE = 720;

/** About the width of a letter of a name, in pixels. */
export const LETTER = 8;

/** Places everything in a picture of a width in pixels. */
export function layoutOf(view: View, width: number): Layout {
  const wide = width >= WIDE;
  const told = new Map(view.state?.pods.map((pod) => [pod.name, pod]));
  // A pod that is new is drawn before the next state tells of it.
  const pods = view.setup.pods.map(({ name, address }): PodState => {
    const open = view.pods[name]?.length ?? 0;
    return told.get(name) ?? { name, address, open, highWater: open, limit: view.setup.connectionsPerPod };
  });
  const groups = {
    clients: grouped(view.setup.clients, wide ? 16 : 20),
    edges: grouped(view.setup.edges, wide ? 8 : 4),
    pods: grouped(pods, wide ? 100 : 60),
  };
  const layout = wide ? placeWide(groups, width) : placeNarrow(groups, width);
  return { ...layout, links: linksOf(view, layout) };
}

type Placed = Omit<Layout, 'links'>;
interface Groups {
  clients: Group<Setup['clients'][number]>[];
  edges: Group<Setup['edges'][number]>[];
  pods: Group<PodState>[];
}

function placeWide({ clients, edges, pods }: Groups, w: number): Placed {
  const few = pods.length <= 8;
  const middle = Math.max(196, w * 0.18);
  const gate = { x: w * 0.4, y: 0, w: middle, h: 124 };
  const edgesNeed = edges.length * 92;
  const h = Math.max(420, clients.length * 34, few ? pods.length * 104 : 0, gate.h + 28 + edgesNeed);
  const spread = (count: number, from: number, to: number, size: number) => (i: number) =>
    from + ((to - from) / count) * (i + 0.5) - size / 2;
  const longest = Math.max(...clients.map(({ name }) => name.length));
  const clientW = clients.some(({ members }) => members.length > 1)
    ? 244
    : 190 + LETTER * Math.max(0, longest - 9);
  const clientY = spread(clients.length, 0, h, 26);
  const edgeY = spread(edges.length, gate.h + 28, h, 72);
  const podW = Math.min(320, w * 0.29);
  const podY = spread(pods.length, 0, h, 88);
  return {
    ...{ wide: true, w, h, gate },
    clients: clients.map((group, i) => ({ ...group, x: 0, y: clientY(i), w: clientW, h: 26 })),
    edges: edges.map((group, i) => ({ ...group, x: gate.x, y: edgeY(i), w: gate.w, h: 72 })),
    pods: few
      ? pods.map((group, i) => podNode(group, { x: w - podW, y: podY(i), w: podW, h: 88 }, 'row'))
      : tiles(pods, { x: w - w * 0.34, y: 0, w: w * 0.34, h }),
  };
}

function placeNarrow({ clients, edges, pods }: Groups, w: number): Placed {
  const gap = 10;
  const columns = (count: number, most: number) => Math.max(1, Math.min(count, most));
  const cell = (count: number) => (w - gap * (count - 1)) / count;
  const clientColumns = columns(clients.length, 5);
  const rows = Math.ceil(clients.length / clientColumns);
  const gate = { x: 0, y: 0, w, h: 116 };
  const clientsY = gate.h + 20;
  const clientsEnd = clientsY + rows * 50;
  const edgesY = clientsEnd + 84;
  const podsY = edgesY + 88 + 84;
  const edgeW = cell(edges.length);
  const few = pods.length <= 8;
  const podColumns = columns(pods.length, 4);
  const podW = cell(podColumns);
  const podRows = few ? Math.ceil(pods.length / podColumns) : 0;
  const area = { x: 0, y: podsY, w, h: Math.ceil(pods.length / 10) * 36 };
  return {
    ...{ wide: false, w, h: few ? podsY + podRows * 104 : podsY + area.h, gate },
    clients: clients.map((group, i) => {
      const [column, row] = [i % clientColumns, Math.floor(i / clientColumns)];
      const clientW = cell(clientColumns);
      return { ...group, x: column * (clientW + gap), y: clientsY + row * 50, w: clientW, h: 40 };
    }),
    edges: edges.map((group, i) => ({ ...group, x: i * (edgeW + gap), y: edgesY, w: edgeW, h: 88 })),
    pods: few
      ? pods.map((group, i) => {
          const [column, row] = [i % podColumns, Math.floor(i / podColumns)];
          return podNode(group, { x: column * (podW + gap), y: podsY + row * 104, w: podW, h: 92 }, 'card');
        })
      : tiles(pods, area),
  };
}

/** Many pods, in rows that fill an area. */
function tiles(pods: Group<PodState>[], area: Box): PodNode[] {
  const columns = Math.min(10, Math.ceil(Math.sqrt(pods.length)));
  const rows = Math.ceil(pods.length / columns);
  const [w, h] = [area.w / columns, Math.min(40, area.h / rows)];
  const top = area.y + (area.h - h * rows) / 2;
  return pods.map((group, i) => {
    const [column, row] = [i % columns, Math.floor(i / columns)];
    return podNode(group, { x: area.x + column * w, y: top + row * h, w: w - 6, h: h - 6 }, 'tile');
  });
}

function podNode(group: Group<PodState>, box: Box, as: 'row' | 'card' | 'tile'): PodNode {
  const sum = (of: (pod: PodState) => number) => group.members.reduce((all, pod) => all + of(pod), 0);
  const limit = sum((pod) => pod.limit);
  // Side by side they say whether any pod is over, not all together.
  const worst = group.members.find((pod) => Math.max(pod.open, pod.highWater) > pod.limit);
  const highWater =
    worst && group.members.length > 1 ? Math.max(limit + 1, worst.highWater) : sum((pod) => pod.highWater);
  const open = sum((pod) => pod.open);
  const untold = sum((pod) => pod.untold ?? 0);
  const meter =
    as === 'row'
      ? { x: box.x + 14, y: box.y + 34, w: box.w - 190, h: 40 }
      : as === 'card'
        ? { x: box.x + 8, y: box.y + 26, w: box.w - 16, h: 28 }
        : { ...box };
  // One beyond the limit, so that what must not be has a place too.
  const places = Math.max(limit + 1, open, highWater);
  const pitch = Math.min(meter.h + 6, (meter.w + 6) / places);
  const slots =
    as !== 'tile' && pitch >= 14
      ? Array.from({ length: places }, (_, i) => ({
          ...{ x: meter.x + i * pitch, y: meter.y + (meter.h - pitch + 6) / 2, w: pitch - 6, h: pitch - 6 },
        }))
      : undefined;
  return { ...group, ...box, open, highWater, limit, untold, slots, meter, small: as === 'tile' };
}

/** From one point to another, leaving and arriving in the direction of the picture. */
function curve(from: Point, to: Point, wide: boolean): string {
  const round = (value: number) => Math.round(value * 10) / 10;
  const [x1, y1, x2, y2] = [from.x, from.y, to.x, to.y].map(round) as [number, number, number, number];
  const [mx, my] = [round((x1 + x2) / 2), round((y1 + y2) / 2)];
  return wide ? `C${mx} ${y1} ${mx} ${y2} ${x2} ${y2}` : `C${x1} ${my} ${x2} ${my} ${x2} ${y2}`;
}

/** Where lines leave a box, and where they come in; `share` from 0 to 1 tells them apart. */
function outOf({ x, y, w, h }: Box, wide: boolean, share = 0.5): Point {
  return wide ? { x: x + w, y: y + h * share } : { x: x + w * share, y: y + h };
}
export function into({ x, y, w, h }: Box, wide: boolean, share = 0.5): Point {
  return wide ? { x, y: y + h * share } : { x: x + w * share, y };
}

/** The node of each member. */
export function nodeOf<T extends { name: string }, N extends Node<T>>(nodes: readonly N[]): Map<string, N> {
  return new Map(nodes.flatMap((node) => node.members.map(({ name }) => [name, node] as const)));
}

/** The path of one connection, or of a refused attempt that ends at its edge. */
export function pathOf(layout: Placed, client: Box, edge: Box, lane: number, end?: Box): string {
  const { wide } = layout;
  const start = outOf(client, wide);
  const gate = into(edge, wide, lane);
  const first = `M${Math.round(start.x)} ${Math.round(start.y)}${curve(start, gate, wide)}`;
  if (!end) return first;
  const leave = outOf(edge, wide, lane);
  return `${first}L${Math.round(leave.x)} ${Math.round(leave.y)}${curve(leave, into(end, wide), wide)}`;
}

function linksOf(view: View, layout: Placed): Link[] {
  const clients = nodeOf(layout.clients);
  const edges = nodeOf(layout.edges);
  const [first] = layout.clients;
  // Who is no client of this run comes from beside the others.
  const stranger = {
    name: '',
    x: layout.wide ? 0 : layout.w / 2,
    y: (first?.y ?? 0) - 6,
    w: first?.w ?? 0,
    h: 0,
  };
  const all = layout.pods.flatMap((node) =>
    node.members.flatMap(({ name }) =>
      [...(view.pods[name] ?? [])]
        .sort((a, b) => a.slot - b.slot)
        .flatMap((connection) => {
          const edge = edges.get(connection.edge);
          const client = clients.get(connection.client) ?? stranger;
          return edge ? [{ connection, client, edge, node }] : [];
        }),
    ),
  );
  if (all.length > MOST_LINES) return bundles(layout, all);
  const lanes = laneOf(all.map(({ edge }) => edge));
  return all.map(({ connection, client, edge, node }, i) => {
    const { slot, requestId } = connection;
    const end = node.slots?.[slot] ?? node.meter;
    const path = pathOf(layout, client, edge, lanes[i] ?? 0.5, end);
    return {
      key: requestId,
      path,
      count: 1,
      requestId,
      beyond: slot >= node.limit && node.members.length === 1,
    };
  });
}

interface Way {
  client: Box & { name: string };
  edge: Box & { name: string };
  node: PodNode;
}

/** One line for all connections of a client to an edge, and of an edge to the pods of a row. */
function bundles(layout: Placed, ways: readonly Way[]): Link[] {
  const { wide } = layout;
  const lines = new Map<string, { from: Point; to: Point; count: number }>();
  const add = (key: string, from: Point, to: Point) => {
    const line = lines.get(key);
    if (line) line.count++;
    else lines.set(key, { from, to, count: 1 });
  };
  for (const { client, edge, node } of ways) {
    const row = layout.pods.find(({ x, y }) => (wide ? y === node.y : x === node.x)) ?? node;
    add(`${client.name} > ${edge.name}`, outOf(client, wide), into(edge, wide));
    add(`${edge.name} > ${row.name}`, outOf(edge, wide), into(row, wide));
  }
  return [...lines].map(([key, { from, to, count }]) => ({
    ...{ key, count, requestId: '', beyond: false },
    path: `M${Math.round(from.x)} ${Math.round(from.y)}${curve(from, to, wide)}`,
  }));
}

/** The share of its box that each line passes through, so that lines of a box do not lie on each other. */
function laneOf(boxes: readonly unknown[]): number[] {
  const total = new Map<unknown, number>();
  for (const box of boxes) total.set(box, (total.get(box) ?? 0) + 1);
  const passed = new Map<unknown, number>();
  return boxes.map((box) => {
    const n = (passed.get(box) ?? 0) + 1;
    passed.set(box, n);
    return n / ((total.get(box) ?? 1) + 1);
  });
}
