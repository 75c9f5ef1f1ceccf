import { useState } from 'preact/hooks';
import { type Replay, speeds } from './replay.ts';
import { clock } from './words.ts';

/** What an arrow key moves, in milliseconds. */
const STEP_MS = 1000;

/** Plays a recording: where it is, how fast, and what happened when. */
export function Player({ replay }: { replay: Replay }) {
  const { startedMs, fromMs, toMs, atMs, playing, speed, moments } = replay;
  const since = (ms: number) => `${((ms - startedMs) / 1000).toFixed(1)} s`;
  // Up to the end also where that is in the middle of a step.
  const most = Math.ceil((toMs - fromMs) / STEP_MS) * STEP_MS;
  const share = (ms: number) => `${(100 * (ms - fromMs)) / Math.max(1, most)}%`;
  return (
    <section class="player" aria-label="Replay">
      <div class="track">
        <input
          type="range"
          aria-label="Time"
          aria-valuetext={`${clock(atMs)}, ${since(atMs)} of ${since(toMs)}`}
          min={0}
          max={most}
          step={STEP_MS}
          value={atMs < toMs ? atMs - fromMs : most}
          onInput={({ currentTarget }) => replay.seek(fromMs + currentTarget.valueAsNumber)}
        />
        <div class="ticks" aria-hidden="true">
          {moments.map(({ atMs: ms, what, broken }) => (
            <b key={`${ms} ${what}`} class={broken ? 'broke' : ''} style={{ left: share(ms) }} />
          ))}
        </div>
      </div>
      <div class="controls">
        <button type="button" class="play" onClick={playing ? replay.pause : replay.play}>
          {playing ? 'Pause' : 'Play'}
        </button>
        <fieldset class="choice">
          <legend class="hidden">Speed</legend>
          {speeds.map((one) => (
            <button key={one} type="button" aria-pressed={one === speed} onClick={() => replay.setSpeed(one)}>
              {one}×
            </button>
          ))}
        </fieldset>
        <p class="now">
          {clock(atMs)} <span>{since(atMs)}</span>
        </p>
        {moments.length > 0 && (
          <select
            aria-label="Jump to"
            value=""
            onChange={({ currentTarget }) => {
              const moment = moments[Number(currentTarget.value)];
              currentTarget.value = '';
              if (moment) replay.seek(moment.atMs);
            }}
          >
            <option value="">Jump to …</option>
            {moments.map(({ atMs: ms, what }, i) => (
              <option key={`${ms} ${what}`} value={i}>
                {clock(ms)} {what}
              </option>
            ))}
          </select>
        )}
        <CopyLink address={replay.address} />
      </div>
    </section>
  );
}

/** Copies a link to the moment that is shown. */
function CopyLink({ address }: { address: string }) {
  const [said, say] = useState('');
  const copy = () => {
    navigator.clipboard.writeText(new URL(address, location.href).href).then(
      () => say('Copied'),
      () => say('Pause, and copy it from the address bar'),
    );
  };
  return (
    <>
      <button type="button" onClick={copy} onBlur={() => say('')}>
        Copy link
      </button>
      <span role="status">{said}</span>
    </>
  );
}
