import { useState } from 'preact/hooks';
import type { Entry, Mark, View } from '../view.ts';
import type { Select } from './select.tsx';
import { clock, kindOf, sentence } from './words.ts';

/** Lines that are shown at once. */
const MOST_ROWS = 80;

const kinds = ['open', 'close', 'rate', 'full', 'draining', 'client', 'other', 'failed', 'reply', 'mark'];

interface Filter {
  pod: string;
  client: string;
  kind: string;
}

/** The newest entries that pass a filter, newest first. An empty field lets all pass. */
function matching(view: View, { pod, client, kind }: Filter): Entry[] {
  const address = view.setup.pods.find(({ name }) => name === pod)?.address.replace(/:\d+$/, '');
  const ofPod = (entry: Entry) =>
    ('pod' in entry && entry.pod === pod) || ('podIp' in entry && entry.podIp === address);
  return view.entries
    .filter((entry) => pod === '' || ofPod(entry))
    .filter((entry) => client === '' || entry.client === client)
    .filter((entry) => kind === '' || kindOf(entry) === kind)
    .slice(-MOST_ROWS)
    .reverse();
}

/** The same with the marks among them, which are of no pod and no client. */
function withMarks(view: View, entries: readonly Entry[], { pod, client, kind }: Filter): (Entry | Mark)[] {
  const all = pod === '' && client === '' && (kind === '' || kind === 'mark');
  const marks = all ? view.marks.slice(-MOST_ROWS).reverse() : [];
  const rows: (Entry | Mark)[] = [];
  for (const entry of entries) {
    while (marks[0] && marks[0].at >= entry.at) rows.push(...marks.splice(0, 1));
    rows.push(entry);
  }
  return [...rows, ...marks].slice(0, MOST_ROWS);
}

/** What was said and logged last. */
export function Talk({ view, select }: { view: View; select: Select }) {
  const [filter, setFilter] = useState<Filter>({ pod: '', client: '', kind: '' });
  const { pods, clients } = view.setup;
  const choices: Record<keyof Filter, string[]> = {
    kind: kinds,
    client: clients.slice(0, 1000).map(({ name }) => name),
    pod: pods.map(({ name }) => name),
  };
  const rows = withMarks(view, matching(view, filter), filter);
  return (
    <section aria-labelledby="talk">
      <h2 id="talk">Conversation</h2>
      <div class="filters">
        {(['kind', 'client', 'pod'] as const).map((field) => (
          <label key={field}>
            {field}
            <select
              value={filter[field]}
              onChange={({ currentTarget }) => setFilter({ ...filter, [field]: currentTarget.value })}
            >
              <option value="">all</option>
              {choices[field].map((choice) => (
                <option key={choice} value={choice}>
                  {choice}
                </option>
              ))}
            </select>
          </label>
        ))}
      </div>
      <ol class="entries">
        {rows.map((row) =>
          'event' in row ? (
            <Row key={row.n} entry={row} select={select} />
          ) : (
            <li key={`${row.at} ${row.what}`} class="mark">
              <time dateTime={row.at}>{clock(row.at)}</time>
              <span class="kind">mark</span>
              <span>{row.what}</span>
            </li>
          ),
        )}
        {rows.length === 0 && <li class="none">Nothing yet.</li>}
      </ol>
    </section>
  );
}

/** One entry, which leads to its log lines. */
export function Row({ entry, select }: { entry: Entry; select: Select }) {
  return (
    <li>
      <button type="button" onClick={() => select({ kind: 'request', name: entry.requestId })}>
        <time dateTime={entry.at}>{clock(entry.at)}</time>
        <span class={`kind ${kindOf(entry)}`}>
          {entry.event === 'refused' ? `${entry.status} ${entry.reason}` : entry.event}
        </span>
        <span>{sentence(entry)}</span>
      </button>
    </li>
  );
}
