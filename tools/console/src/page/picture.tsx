import { useEffect, useRef, useState } from 'preact/hooks';
import type { Setup } from '../events.ts';
import { clientOf, type Entry, type View } from '../view.ts';
import type { Clock } from './clock.ts';
import { useFading } from './fading.ts';
import { Gate } from './gate.tsx';
import { into, type Layout, LETTER, layoutOf, type Node, nodeOf, type PodNode, pathOf } from './layout.ts';
import { Button, rectOf, type Select } from './select.tsx';
import { figure, many, refusedOf } from './words.ts';

interface PictureProps {
  view: View;
  newsFrom: number;
  clock: Clock;
  select: Select;
}

/** About the width of a letter of a refusal's words, in pixels. */
const SMALL_LETTER = 6.5;

/** Flashes that are drawn at once. */
const MOST_FLASHES = 24;

/** Clients, edges and pods, with the connections between them. */
export function Picture({ view, newsFrom, clock, select }: PictureProps) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const layout = layoutOf(view, width);
  const { wide, w, h } = layout;
  return (
    <div class="frame" ref={frame}>
      {wide && (
        <div class="columns" aria-hidden="true">
          <span>{many(view.setup.clients.length, 'client')}</span>
          <span class="refusals" style={{ width: `${(layout.clients[0]?.w ?? 0) - 4}px` }}>
            refused
          </span>
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
        <defs>
          <pattern
            id="hatch"
            width="6"
            height="6"
            patternUnits="userSpaceOnUse"
            patternTransform="rotate(45)"
          >
            <line y2="6" stroke-width="5" />
          </pattern>
        </defs>
        <Lines view={view} layout={layout} newsFrom={newsFrom} />
        {layout.clients.map((node) => (
          <Client key={node.name} node={node} view={view} wide={wide} select={select} />
        ))}
        {layout.edges.map((node) => (
          <Edge key={node.name} node={node} view={view} select={select} />
        ))}
        <Gate view={view} box={layout.gate} clock={clock} select={select} />
        {layout.pods.map((node) => (
          <Pod key={node.name} node={node} view={view} wide={wide} select={select} />
        ))}
      </svg>
      <Legend pods={layout.pods} />
    </div>
  );
}

function Lines({ view, layout, newsFrom }: { view: View; layout: Layout; newsFrom: number }) {
  const clients = nodeOf(layout.clients);
  const edges = nodeOf(layout.edges);
  const pods = nodeOf<PodNode['members'][number], PodNode>(layout.pods);
  const news = view.entries.filter(({ n }) => n >= newsFrom);
  const opened = new Set(news.flatMap((entry) => (entry.event === 'open' ? [entry.requestId] : [])));
  const flashes = news.flatMap((entry) =>
    entry.event === 'refused' || entry.event === 'close' ? [entry] : [],
  );
  const labels = labelsOf(flashes);
  // Those with words last, so that no line strikes them through.
  const shown = flashes
    .slice(-MOST_FLASHES)
    .sort((one, other) => Number(labels.has(one.n)) - Number(labels.has(other.n)));
  const opacityOf = useFading(shown.map(({ n }) => n));
  const flash = (entry: (typeof flashes)[number]) => {
    const [client, edge] = [clients.get(entry.client), edges.get(entry.edge)];
    if (!client || !edge) return null;
    const lane = ((entry.n % 5) + 1) / 6;
    if (entry.event === 'close') {
      const path = pathOf(layout, client, edge, lane, pods.get(entry.pod)?.meter);
      return <path key={entry.n} class="ghost" d={path} />;
    }
    const { x, y } = into(edge, layout.wide, lane);
    const words = labels.get(entry.n);
    const width = SMALL_LETTER * (words?.length ?? 0);
    const bottom = layout.wide ? y - 8 : y - 13;
    const left = layout.wide ? x - 14 - width : Math.min(x - width / 2, layout.w - width - 4);
    return (
      <g key={entry.n} class={`refusal ${entry.reason}`} style={{ opacity: opacityOf(entry.n) }}>
        <path d={pathOf(layout, client, edge, lane)} />
        <circle cx={x} cy={y} r="4" />
        {words && (
          <>
            <rect class="behind" x={left - 4} y={bottom - 13} width={width + 8} height="18" rx="4" />
            <text x={left + width / 2} y={bottom} text-anchor="middle">
              {words}
            </text>
          </>
        )}
      </g>
    );
  };
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it takes the focus.
    <g class="lines" aria-hidden="true">
      {layout.links.map(({ key, path, count, requestId, beyond }) => (
        <path
          key={key}
          class={`link${opened.has(requestId) ? ' fresh' : ''}${beyond ? ' beyond' : ''}${count > 1 ? ' bundle' : ''}`}
          d={path}
          pathLength={1}
          style={{ strokeWidth: `${1.75 + 0.7 * Math.log2(count)}px` }}
        />
      ))}
      {shown.map(flash)}
    </g>
  );
}

/** What the newest refusal of each kind at an edge is labelled with, by its number: how many came within a second. */
function labelsOf(entries: readonly Entry[]): Map<number, string> {
  const newest = new Map<string, { n: number; atMs: number; count: number; words: string }>();
  for (const entry of entries.toReversed()) {
    if (entry.event !== 'refused') continue;
    const key = `${entry.edge} ${entry.reason}`;
    const [label, atMs] = [newest.get(key), Date.parse(entry.at)];
    if (!label) newest.set(key, { n: entry.n, atMs, count: 1, words: `${entry.status} ${entry.reason}` });
    else if (label.atMs - atMs < 1000) label.count++;
  }
  const labels = [...newest.values()];
  return new Map(labels.map(({ n, count, words }) => [n, count > 1 ? `${words} ×${count}` : words]));
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
  // Pods of a cluster have longer names than clients of a run.
  const besideName = Math.max(one ? 74 : 128, 10 + LETTER * node.name.length);
  const short = wide ? node.name : node.name.replace(/^client-/, '');
  const [px, py] = wide ? [x + besideName, y + h / 2] : [x + w / 2 - (pips * 8) / 2 + 4, y + 30];
  return (
    <Button
      class="node client"
      box={node}
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
        <text class="quiet" x={wide ? x + w - 56 : px} y={py + 5} text-anchor={wide ? 'end' : 'middle'}>
          {figure(open)} {wide && 'open'}
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
  const ill = said.find((words) => words && words !== 'LIVE');
  const { x, y, w, h } = node;
  const narrow = w < 150;
  const tail = silent ? `no answer ${silent.seconds.toFixed(0)} s` : ill?.toLowerCase();
  return (
    <Button
      class={`node edge${silent || ill ? ' ill' : ''}`}
      box={node}
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
      <text class="tallies rate" x={x + 12} y={narrow ? y + 60 : y + h - 12}>
        rate {figure(of('rate'))}
      </text>
      <text class="tallies full" x={narrow ? x + 12 : x + w / 2} y={narrow ? y + 77 : y + h - 12}>
        full {figure(of('full'))}
      </text>
    </Button>
  );
}

function Pod({ node, view, wide, select }: { node: PodNode; view: View; wide: boolean; select: Select }) {
  const { x, y, w, open, highWater, limit, untold, slots, meter, small } = node;
  const silent = view.state?.silent.pods.find(({ name }) => node.members.some((pod) => pod.name === name));
  const over = highWater > limit || open > limit;
  const full = open >= limit;
  const away = node.members.some((pod) => pod.away);
  const state = silent ? 'silent' : over ? 'over' : full && !away ? 'full' : 'free';
  const words = silent
    ? `no answer for ${silent.seconds.toFixed(0)} s`
    : over
      ? 'over its limit'
      : away
        ? 'starts or ends'
        : full
          ? 'full'
          : `${limit - open} free`;
  const taken = silent ? new Map<number, string>() : filledSlots(node, view);
  const inNoLog = untold > 0 ? `, ${untold} in no log` : '';
  const label = `${node.name}: ${silent ? 'unknown' : open} open${inNoLog}, most ever ${highWater}, limit ${limit}, ${words}`;
  const part = (connections: number) => (meter.w * Math.min(connections, limit)) / Math.max(1, limit);
  const wallX = slots ? (slots[limit - 1]?.x ?? meter.x) + (slots[0]?.w ?? 0) + 3 : meter.x + meter.w;
  return (
    <Button
      class={`node pod ${state}`}
      box={node}
      select={select}
      what={{ kind: 'pod', name: node.name }}
      label={label}
    >
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
            class={`slot${i >= limit ? ' beyond' : ''}${taken.has(i) ? ` ${taken.get(i)}` : i < highWater ? ' once' : ''}`}
            {...rectOf(slot)}
            rx={slot.w / 4}
          />
        ) : null,
      )}
      {!slots && (
        <g>
          <rect class="slot" {...rectOf(meter)} rx={small ? 5 : 8} />
          <rect class="slot taken" {...rectOf({ ...meter, w: part(silent ? 0 : open) })} rx={small ? 5 : 8} />
          {untold > 0 && (
            <rect
              class="slot untold"
              {...rectOf({ ...meter, x: meter.x + part(open - untold), w: part(open) - part(open - untold) })}
              rx={small ? 5 : 8}
            />
          )}
        </g>
      )}
      {!small && <line class="limit" x1={wallX} x2={wallX} y1={meter.y - 3} y2={meter.y + meter.h + 3} />}
      {!small && wide && (
        <g>
          <text class="state" x={x + w - 14} y={y + 20} text-anchor="end">
            {words}
          </text>
          {[
            ['open', silent ? '?' : figure(open)],
            ['most', figure(highWater)],
            ['limit', figure(limit)],
          ].map(([what, value], i) => (
            <g key={what} text-anchor="middle">
              <text class="big" x={x + w - 138 + i * 52} y={y + 56}>
                {value}
              </text>
              <text class="quiet" x={x + w - 138 + i * 52} y={y + 74}>
                {what}
              </text>
            </g>
          ))}
        </g>
      )}
      {!small && !wide && (
        <g>
          <text class="quiet" x={x + 8} y={y + 70}>
            {silent ? 'silent' : over ? 'over' : away ? 'away' : full ? 'full' : words}
          </text>
          <text class="quiet" x={x + 8} y={y + 85}>
            most {highWater}
          </text>
        </g>
      )}
    </Button>
  );
}

/** How each slot is filled: those of known connections, and as many more as the pod says that it has. */
function filledSlots({ members, open, untold }: PodNode, view: View): Map<number, 'taken' | 'untold'> {
  const known = members.flatMap(({ name }) => (view.pods[name] ?? []).map(({ slot }) => slot));
  const filled = new Map(known.map((slot) => [slot, 'taken' as 'taken' | 'untold']));
  for (let slot = 0; filled.size < open; slot++)
    if (!filled.has(slot)) filled.set(slot, filled.size < open - untold ? 'taken' : 'untold');
  return filled;
}

/** What a look means that is not there always. */
function Legend({ pods }: { pods: readonly PodNode[] }) {
  if (pods.every(({ untold }) => untold === 0)) return null;
  return (
    <p class="legend">
      <svg width="16" height="16" aria-hidden="true">
        <rect class="slot untold" x="1" y="1" width="14" height="14" rx="3.5" />
      </svg>
      A connection that no log tells of: opened around the edges, or before their logs begin
    </p>
  );
}

/** The width of an element in pixels, as it changes. */
function useWidth(element: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(Math.min(1180, document.documentElement.clientWidth - 32));
  useEffect(() => {
    if (!element.current) return;
    const observer = new ResizeObserver(([entry]) => {
      // A window that closes has none.
      if (entry && entry.contentRect.width > 0) setWidth(Math.round(entry.contentRect.width));
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return width;
}
