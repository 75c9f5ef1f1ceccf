import { useEffect, useRef, useState } from 'preact/hooks';
import type { RequestLog } from '../server.ts';
import { clientOf, type Entry, type View } from '../view.ts';
import type { Actions } from './act.ts';
import type { Following } from './follow.ts';
import type { Select, Selection } from './select.tsx';
import { Row } from './talk.tsx';
import { Controls } from './try-it.tsx';
import { clock, refusedOf, sentence } from './words.ts';

interface EvidenceProps {
  view: View;
  of: Selection;
  /** Whether the run is over, and no process can be asked. */
  recorded: boolean;
  logOf: Following['logOf'];
  select: Select;
  /** Undefined where nothing can be done to the run. */
  actions: Actions | undefined;
  close: () => void;
}

/** Where the numbers of something come from: the metrics, and the log lines. */
export function Evidence({ view, of, recorded, logOf, select, actions, close }: EvidenceProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const facts = factsOf(view, of);
  const entries = entriesOf(view, of);
  return (
    <dialog ref={dialog} aria-labelledby="evidence" onClose={close}>
      <form method="dialog">
        <h2 id="evidence">{of.kind === 'request' ? `Request ${of.name}` : of.name}</h2>
        <button type="submit">Close</button>
      </form>
      {facts.length > 0 && (
        <table>
          <tbody>
            {facts.map(({ what, value, from, url }) => (
              <tr key={what}>
                <th scope="row">{what}</th>
                <td>{value}</td>
                <td>
                  {url && !recorded ? (
                    <a href={url} target="_blank" rel="noreferrer">
                      {from}
                    </a>
                  ) : (
                    from
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {actions &&
        processesOf(view, of).map((name) => (
          <Controls key={name} view={view} actions={actions} name={name} />
        ))}
      {of.kind === 'request' ? (
        <>
          <Story entries={entries} />
          <Lines requestId={of.name} count={entries.length} recorded={recorded} logOf={logOf} />
        </>
      ) : (
        <ol class="entries">
          {entries.map((entry) => (
            <Row key={entry.n} entry={entry} select={select} />
          ))}
          {entries.length === 0 && <li class="none">Nothing was logged about it lately.</li>}
        </ol>
      )}
    </dialog>
  );
}

/** Processes that something can be done to; a group of neighbours is none. */
function processesOf({ setup }: View, { kind, name }: Selection): string[] {
  if (kind === 'rate') return setup.pickers.map((picker) => picker.name);
  const all = kind === 'pod' ? setup.pods : kind === 'edge' ? setup.edges : [];
  return all.some((one) => one.name === name) ? [name] : [];
}

/** What happened to a request. */
function Story({ entries }: { entries: Entry[] }) {
  return (
    <ol class="story">
      {entries.map((entry) => (
        <li key={entry.n}>
          {clock(entry.at)} {entry.event}: {sentence(entry)}
        </li>
      ))}
    </ol>
  );
}

interface LinesProps extends Pick<EvidenceProps, 'recorded' | 'logOf'> {
  requestId: string;
  /** Of what happened to it. */
  count: number;
}

/** What the logs say of a request, as they say it. */
function Lines({ requestId, count, recorded, logOf }: LinesProps) {
  const [log, setLog] = useState<RequestLog>();
  const [fault, setFault] = useState('');
  useEffect(() => {
    logOf(requestId).then(setLog, (error) => setFault(String(error)));
  }, [requestId, count]);
  return (
    <>
      {fault && <p role="alert">The log lines could not be read: {fault}</p>}
      {log?.why.map((paragraph) => (
        <pre key={paragraph} class="why">
          {paragraph}
        </pre>
      ))}
      {log?.lines.length === 0 && (
        <p>
          {recorded ? 'The recording has no log line about it.' : 'No log line about it is kept any more.'}
        </p>
      )}
      {log?.lines.map(({ from, line }) => (
        <figure key={line} class="line">
          <figcaption>{from}</figcaption>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls. */}
          <pre tabIndex={0}>{line}</pre>
        </figure>
      ))}
    </>
  );
}

interface Fact {
  what: string;
  value: string;
  /** A metric, or which log. */
  from: string;
  url?: string;
}

function factsOf(view: View, { kind, name }: Selection): Fact[] {
  const { setup, state, edges } = view;
  switch (kind) {
    case 'pod': {
      const pod = state?.pods.find((one) => one.name === name);
      const url = setup.pods.find((one) => one.name === name)?.stats;
      if (!pod || !url) return [];
      const { untold = 0 } = pod;
      return [
        { what: 'open', value: String(pod.open), from: 'ws_server_open_connections', url },
        ...(untold > 0
          ? [
              {
                ...{ what: 'in no log', value: String(untold) },
                from: 'opened around the edges, or before their logs begin',
              },
            ]
          : []),
        { what: 'most ever', value: String(pod.highWater), from: 'ws_server_open_connections_max', url },
        { what: 'limit', value: String(pod.limit), from: 'CONNECTIONS_PER_POD of its environment' },
      ];
    }
    case 'edge': {
      const [edge, place] = [edges[name], setup.edges.find((one) => one.name === name)];
      if (!edge || !place) return [];
      const log = 'its access log';
      return [
        { what: 'open', value: String(edge.open), from: log },
        { what: 'admitted', value: String(edge.admitted), from: log },
        { what: 'refused by rate', value: String(edge.refused.rate), from: log },
        { what: 'refused, all full', value: String(edge.refused.full), from: log },
        { what: 'statistics', value: '', from: place.stats, url: place.stats },
      ];
    }
    case 'client': {
      const client = clientOf(view, name);
      if (!client) return [];
      const log = 'access logs of the edges';
      return [
        { what: 'open', value: `${client.open} of ${setup.connectionsPerClient}`, from: log },
        { what: 'admitted', value: String(client.admitted), from: log },
        { what: 'refused', value: String(refusedOf(client)), from: log },
      ];
    }
    case 'rate':
      return [
        { what: 'rate', value: `${setup.newConnectionsPerSecond} a second`, from: 'newConnectionsPerSecond' },
        { what: 'admitted', value: String(state?.admissions.total ?? 0), from: 'access logs of the edges' },
        ...setup.pickers.map(({ name: picker, stats }) => ({
          what: picker,
          value: '',
          from: stats,
          url: stats,
        })),
      ];
    case 'verdict': {
      const verdict = state?.verdicts.find((one) => one.name === name);
      if (!verdict) return [];
      return [
        { what: 'promise', value: verdict.promise, from: '' },
        { what: 'expected', value: verdict.expected, from: 'libs/edge: the limits' },
        { what: 'observed', value: verdict.observed, from: sources[name] ?? '' },
      ];
    }
    case 'request':
      return [];
  }
}

const sources: Record<string, string> = {
  limit: 'ws_server_open_connections_max of every pod',
  slots: 'ws_server_open_connections of every pod',
  replies: 'logs of the clients, and access logs',
  logs: 'logs of the clients, and access logs',
  rate: 'access logs of the edges',
  allowed: 'access logs of the edges',
  full: 'access logs of the edges',
  refusals: 'access logs, and logs of the clients',
};

const MOST_ROWS = 60;

function entriesOf(view: View, { kind, name }: Selection): Entry[] {
  const address = view.setup.pods.find((pod) => pod.name === name)?.address.replace(/:\d+$/, '');
  const about = (entry: Entry): boolean => {
    switch (kind) {
      case 'request':
        return entry.requestId === name;
      case 'pod':
        return ('pod' in entry && entry.pod === name) || ('podIp' in entry && entry.podIp === address);
      case 'edge':
        return 'edge' in entry && entry.edge === name;
      case 'client':
        return entry.client === name;
      case 'rate':
        return entry.event === 'open' || (entry.event === 'refused' && entry.reason === 'rate');
      case 'verdict':
        return evidenceFor[name]?.includes(entry.event) ?? false;
    }
  };
  const found = view.entries.filter(about).slice(-MOST_ROWS);
  return kind === 'request' ? found : found.reverse();
}

const evidenceFor: Record<string, Entry['event'][]> = {
  limit: ['open', 'close'],
  slots: ['open', 'close'],
  rate: ['open'],
  allowed: ['open', 'refused'],
  full: ['refused'],
  refusals: ['refused', 'failed'],
  replies: ['reply'],
  logs: ['open', 'refused'],
};
