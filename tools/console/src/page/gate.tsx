import { useEffect, useMemo, useState } from 'preact/hooks';
import type { View } from '../view.ts';
import { type Clock, nowMs } from './clock.ts';
import type { Box } from './layout.ts';
import { Button, rectOf, type Select } from './select.tsx';

/** The rate as a bucket that fills: full when the next one may come in. */
export function Gate({ view, box, clock, select }: GateProps) {
  const { setup } = view;
  const pickers = pickersOf(view);
  const exact = pickers.some(({ away }) => !away);
  const intervalMs = 1000 / setup.newConnectionsPerSecond;
  const ready = useReady(view.lastAdmissionMs, intervalMs, clock);
  const every =
    intervalMs >= 1000
      ? `${Number((intervalMs / 1000).toFixed(2))} s`
      : `${Number(intervalMs.toPrecision(2))} ms`;
  const left = box.x + (box.w > 200 ? 14 : 12);
  const words = left + 62;
  const title = exact ? 'one clock for all' : 'each edge by its share';
  return (
    <Button
      class="node gate"
      box={box}
      select={select}
      what={{ kind: 'rate', name: 'the rate' }}
      label={`The rate: one new connection in ${every}, ${title}. ${ready ? 'The next may come in now.' : 'The bucket fills.'}`}
    >
      <rect class="box" {...rectOf(box)} rx="12" />
      <Bucket x={left} y={box.y + 34} since={view.lastAdmissionMs} intervalMs={intervalMs} clock={clock} />
      <text class="name" x={left} y={box.y + 22}>
        1 new in {every}
      </text>
      <text class="quiet" x={words} y={box.y + 50}>
        {title}
      </text>
      <text class={ready ? 'ready' : 'waits'} x={words} y={box.y + 66}>
        {ready ? 'next: now' : 'next: soon'}
      </text>
      {pickers.map(({ name, says, away }, i) => (
        <text key={name} class={away ? 'away' : 'quiet'} x={words} y={box.y + 88 + i * 16}>
          {name} {says}
        </text>
      ))}
    </Button>
  );
}

interface GateProps {
  view: View;
  box: Box;
  clock: Clock;
  select: Select;
}

function Bucket({ x, y, since = 0, intervalMs, clock }: BucketProps) {
  const shape = `M${x} ${y}h44l-6 58h-32z`;
  // Once an animation: after that it goes on by itself.
  const elapsedMs = useMemo(
    () => Math.min(intervalMs, Math.max(0, nowMs(clock) - since)),
    [since, intervalMs, clock],
  );
  // One that stands still lasts, too.
  const speed = clock.speed || 1;
  return (
    <g class="bucket">
      <clipPath id="bucket">
        <path d={shape} />
      </clipPath>
      <g clip-path="url(#bucket)">
        <rect
          key={`${since} ${clock.setAtMs}`}
          class="water"
          x={x}
          y={y}
          width="44"
          height="58"
          style={{
            animationDuration: `${intervalMs / speed}ms`,
            animationDelay: `-${elapsedMs / speed}ms`,
            animationPlayState: clock.speed === 0 ? 'paused' : 'running',
          }}
        />
      </g>
      <path class="wall" d={shape} />
    </g>
  );
}

interface BucketProps {
  x: number;
  y: number;
  since?: number | undefined;
  intervalMs: number;
  clock: Clock;
}

/** Whether an interval has passed since the last admission; changes by itself. */
function useReady(lastMs: number | undefined, intervalMs: number, clock: Clock): boolean {
  const leftMs = lastMs === undefined ? 0 : lastMs + intervalMs - nowMs(clock);
  const [, look] = useState(0);
  useEffect(() => {
    if (leftMs <= 0 || clock.speed === 0) return;
    const timer = setTimeout(() => look((n) => n + 1), leftMs / clock.speed + 10);
    return () => clearTimeout(timer);
  }, [lastMs, clock]);
  return leftMs <= 0;
}

/** What each picker does now: the first that is up admits. */
function pickersOf({ setup, state }: View): { name: string; says: string; away: boolean }[] {
  let admits: string | undefined;
  return setup.pickers.map(({ name }, i) => {
    const silent = state?.silent.pickers.find((one) => one.name === name);
    if (silent) return { name, says: `silent for ${silent.seconds.toFixed(0)} s`, away: true };
    const said = state?.said.pickers[i];
    if (!said) return { name, says: '', away: false };
    if (said !== 'ok') return { name, says: said, away: true };
    if (admits !== undefined) return { name, says: 'stands by', away: false };
    admits = name;
    return { name, says: 'admits', away: false };
  });
}
