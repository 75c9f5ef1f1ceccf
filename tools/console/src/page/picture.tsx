import { useEffect, useRef, useState } from 'preact/hooks';
import type { Setup } from '../events.ts';
import { clientOf, type Entry, type View } from '../view.ts';
import { Gate, rectOf } from './gate.tsx';
import { into, type Layout, layoutOf, type Node, nodeOf, type PodNode, pathOf } from './layout.ts';
import { Button, type Select } from './select.tsx';
import { figure, many, refusedOf } from './words.ts';

interface PictureProps {
  view: View;
  newsFrom: number;
  aheadMs: number;
  select: Select;
}

/** Flashes that are drawn at once. */
const MOST_FLASHES = 24;

/** Clients, edges and pods, with the connections between them. */
export function Picture({ view, newsFrom, aheadMs, select }: PictureProps) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const layout = layoutOf(view, width);
  const { wide, w, h } = layout;
  return (
    <div class="frame" ref={frame}>
      {wide && (
        <div class="columns" aria-hidden="true">
          <span>{many(view.setup.clients.length, 'client')}</span>
          <span style={{ left: `${layout.gate.x}px` }}>{many(view.setup.edges.length, 'edge')}</span>
          <span style={{ left: `${layout.pods[0]?.x ?? 0}px` }}>
            {many(view.setup.pods.length, 'server pod')}
          </span>
        </div>
      )}
      {/* biome-ignore lint/a11y/useSemanticElements: a picture with buttons in it. */}
      <svg
        class={wide ? 'wide' : 'narrow'}
        width={w}
        height={h}
        viewBox={`0 0 ${w} ${h}`}
        role="group"
        aria-label="Connections from clients through edges to the slots of pods"
      >
        <Lines view={view} layout={layout} newsFrom={newsFrom} />
        {layout.clients.map((node) => (
          <Client key={node.name} node={node} view={view} wide={wide} select={select} />
        ))}
        {layout.edges.map((node) => (
          <Edge key={node.name} node={node} view={view} select={select} />
        ))}
        <Gate view={view} box={layout.gate} aheadMs={aheadMs} select={select} />
        {layout.pods.map((node) => (
          <Pod key={node.name} node={node} view={view} wide={wide} select={select} />
        ))}
      </svg>
    </div>
  );
}

function Lines({ view, layout, newsFrom }: { view: View; layout: Layout; newsFrom: number }) {
  const clients = nodeOf(layout.clients);
  const edges = nodeOf(layout.edges);
  const pods = nodeOf<PodNode['members'][number], PodNode>(layout.pods);
  const news = view.entries.filter(({ n }) => n >= newsFrom);
  const opened = new Set(news.flatMap((entry) => (entry.event === 'open' ? [entry.requestId] : [])));
  const flashes = news.filter(({ event }) => event === 'refused' || event === 'close').slice(-MOST_FLASHES);
  const flash = (entry: Entry) => {
    if (entry.event !== 'refused' && entry.event !== 'close') return null;
    const [client, edge] = [clients.get(entry.client), edges.get(entry.edge)];
    if (!client || !edge) return null;
    const lane = ((entry.n % 5) + 1) / 6;
    if (entry.event === 'close') {
      const path = pathOf(layout, client, edge, lane, pods.get(entry.pod)?.meter);
      return <path key={entry.n} class="ghost" d={path} />;
    }
    const { x, y } = into(edge, layout.wide, lane);
    const label = `${entry.status} ${entry.reason}`;
    return (
      <g key={entry.n} class={`refusal ${entry.reason}`}>
        <path d={pathOf(layout, client, edge, lane)} pathLength={1} />
        <circle cx={x} cy={y} r="4" />
        <text
          x={layout.wide ? x - 10 : x}
          y={layout.wide ? y - 7 : y - 12}
          text-anchor={layout.wide ? 'end' : 'middle'}
        >
          {label}
        </text>
      </g>
    );
  };
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it takes the focus.
    <g class="lines" aria-hidden="true">
      {layout.links.map(({ key, path, count, connection }) => (
        <path
          key={key}
          class={opened.has(key) ? 'link fresh' : 'link'}
          d={path}
          pathLength={1}
          style={{ strokeWidth: `${Math.min(14, 1.75 + 1.6 * Math.log2(count))}px` }}
          data-replies={connection.replies}
        />
      ))}
      {flashes.map(flash)}
    </g>
  );
}

type ClientNode = Node<Setup['clients'][number]>;

function Client({
  node,
  view,
  wide,
  select,
}: {
  node: ClientNode;
  view: View;
  wide: boolean;
  select: Select;
}) {
  const all = node.members.flatMap(({ name }) => clientOf(view, name) ?? []);
  const open = all.reduce((sum, party) => sum + party.open, 0);
  const refused = all.reduce((sum, party) => sum + refusedOf(party), 0);
  const one = node.members.length === 1;
  const wants = node.members.length * view.setup.connectionsPerClient;
  const pips = wants <= 8 ? wants : 0;
  const { x, y, w, h } = node;
  const short = wide ? node.name : node.name.replace(/^client-/, '');
  const [px, py] = wide ? [x + (one ? 74 : 128), y + h / 2] : [x + w / 2 - (pips * 8) / 2 + 4, y + 30];
  return (
    <Button
      class="node client"
      select={select}
      what={{ kind: 'client', name: node.name }}
      label={`${node.name}: ${open} open of ${wants} wanted, refused ${refused} times`}
    >
      <rect class="hit" {...rectOf(node)} rx="8" />
      <text
        class="name"
        x={wide ? x + 4 : x + w / 2}
        y={wide ? y + h / 2 + 5 : y + 17}
        text-anchor={wide ? 'start' : 'middle'}
      >
        {short}
      </text>
      {Array.from({ length: pips }, (_, i) => (
        <circle
          key={i}
          class={i < open ? 'pip on' : 'pip'}
          cx={px + i * (wide ? 11 : 8)}
          cy={py}
          r={wide ? 3.75 : 2.75}
        />
      ))}
      {pips === 0 && (
        <text class="quiet" x={px} y={py + 5}>
          {figure(open)}
        </text>
      )}
      {wide && refused > 0 && (
        <text class="quiet number" x={x + w - 4} y={y + h / 2 + 5} text-anchor="end">
          ×{figure(refused)}
        </text>
      )}
    </Button>
  );
}

type EdgeNode = Node<Setup['edges'][number]>;

function Edge({ node, view, select }: { node: EdgeNode; view: View; select: Select }) {
  const all = node.members.flatMap(({ name }) => view.edges[name] ?? []);
  const open = all.reduce((sum, party) => sum + party.open, 0);
  const of = (reason: 'rate' | 'full') => all.reduce((sum, { refused }) => sum + refused[reason], 0);
  const silent = view.state?.silent.edges.find(({ name }) => node.members.some((edge) => edge.name === name));
  const said = node.members.map(
    ({ name }) => view.state?.said.edges[view.setup.edges.findIndex((edge) => edge.name === name)],
  );
  const ill = said.find((words) => words !== undefined && words !== 'LIVE');
  const { x, y, w, h } = node;
  const narrow = w < 150;
  const tail = silent ? `no answer ${silent.seconds.toFixed(0)} s` : ill?.toLowerCase();
  return (
    <Button
      class={`node edge${silent || ill ? ' ill' : ''}`}
      select={select}
      what={{ kind: 'edge', name: node.name }}
      label={`${node.name}: ${open} open, refused ${of('rate')} by rate and ${of('full')} because all was full${tail ? `, ${tail}` : ''}`}
    >
      <rect class="box" {...rectOf(node)} rx="12" />
      <text class="name" x={x + 12} y={y + 23}>
        {node.name}
      </text>
      <text
        class="quiet"
        x={narrow ? x + 12 : x + w - 12}
        y={narrow ? y + 41 : y + 23}
        text-anchor={narrow ? 'start' : 'end'}
      >
        {tail ?? `${figure(open)} open`}
      </text>
      <text x={x + 12} y={y + h - 12} class="tallies">
        <tspan class="rate">
          {narrow ? '' : 'rate '}
          {figure(of('rate'))}
        </tspan>
        <tspan dx="10" class="full">
          {narrow ? '' : 'full '}
          {figure(of('full'))}
        </tspan>
      </text>
    </Button>
  );
}

function Pod({ node, view, wide, select }: { node: PodNode; view: View; wide: boolean; select: Select }) {
  const { x, y, w, open, highWater, limit, slots, meter, small } = node;
  const silent = view.state?.silent.pods.find(({ name }) => node.members.some((pod) => pod.name === name));
  const over = highWater > limit || open > limit;
  const full = open >= limit;
  const state = silent ? 'silent' : over ? 'over' : full ? 'full' : 'free';
  const words = silent
    ? `no answer for ${silent.seconds.toFixed(0)} s`
    : over
      ? 'over its limit'
      : full
        ? 'full'
        : `${limit - open} free`;
  const taken = filledSlots(node, view);
  const label = `${node.name}: ${open} open, most ever ${highWater}, limit ${limit}, ${words}`;
  const wallX = slots ? (slots[limit - 1]?.x ?? meter.x) + (slots[0]?.w ?? 0) + 3 : meter.x + meter.w;
  return (
    <Button class={`node pod ${state}`} select={select} what={{ kind: 'pod', name: node.name }} label={label}>
      {small && <title>{label}</title>}
      <rect class="box" {...rectOf(node)} rx={small ? 5 : 12} />
      {!small && (
        <text class="name" x={x + (wide ? 14 : 8)} y={y + 20}>
          {node.name}
        </text>
      )}
      {slots?.map((slot, i) =>
        i < limit || i < Math.max(open, highWater) ? (
          <rect
            key={slot.x}
            class={`slot${i >= limit ? ' beyond' : ''}${taken.has(i) ? ' taken' : i < highWater ? ' once' : ''}`}
            {...rectOf(slot)}
            rx={slot.w / 4}
          />
        ) : null,
      )}
      {!slots && (
        <g>
          <rect class="slot" {...rectOf(meter)} rx={small ? 5 : 8} />
          <rect
            class="slot taken"
            {...rectOf({ ...meter, w: (meter.w * Math.min(open, limit)) / Math.max(1, limit) })}
            rx={small ? 5 : 8}
          />
        </g>
      )}
      {!small && <line class="limit" x1={wallX} x2={wallX} y1={meter.y - 3} y2={meter.y + meter.h + 3} />}
      {!small && wide && (
        <g class="figures">
          <text class="big" x={x + w - 14} y={y + 40} text-anchor="end">
            {open} of {limit}
          </text>
          <text class="quiet" x={x + w - 14} y={y + 60} text-anchor="end">
            most ever {highWater}
          </text>
          <text class="state" x={x + w - 14} y={y + 19} text-anchor="end">
            {words}
          </text>
        </g>
      )}
      {!small && !wide && (
        <g>
          <text class="quiet" x={x + 8} y={y + 70}>
            {silent ? 'silent' : over ? 'over' : full ? 'full' : words}
          </text>
          <text class="quiet" x={x + 8} y={y + 85}>
            most {highWater}
          </text>
        </g>
      )}
    </Button>
  );
}

/** The slots of known connections, and as many more as the pod says that it has. */
function filledSlots({ members, open }: PodNode, view: View): Set<number> {
  const filled = new Set(members.flatMap(({ name }) => (view.pods[name] ?? []).map(({ slot }) => slot)));
  for (let slot = 0; filled.size < open; slot++) filled.add(slot);
  return filled;
}

/** The width of an element in pixels, as it changes. */
function useWidth(element: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(Math.min(1180, document.documentElement.clientWidth - 32));
  useEffect(() => {
    if (!element.current) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setWidth(Math.round(entry.contentRect.width));
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return width;
}
