import { useRef, useState } from 'preact/hooks';
import { type Action, type ActionResult, tokenHeader } from '../actions.ts';

/** What a reader of the page can do to the run. */
export interface Actions {
  /** Does it when all before it is done. How it ended is told, never thrown. */
  run(action: Action): Promise<ActionResult>;
  /** What is being done now. */
  doing: Action | undefined;
  /** How the last one ended. */
  ended: { action: Action; result: ActionResult } | undefined;
  /** What was done last to a process, by its name. */
  last: Readonly<Record<string, ProcessAction>>;
}

export type ProcessAction = Extract<Action, { process: string }>['action'];

/** Proof that a request comes from this page. Without it (a deployed stack, a recording) there is nothing to do. */
const token = document.querySelector<HTMLMetaElement>('meta[name=token]')?.content;

/** Undefined where nothing can be done to the run. */
export function useActions(): Actions | undefined {
  const [doing, setDoing] = useState<Action>();
  const [ended, setEnded] = useState<Actions['ended']>();
  const [last, setLast] = useState<Actions['last']>({});
  const before = useRef<Promise<unknown>>(Promise.resolve());
  if (!token) return undefined;
  const run = (action: Action): Promise<ActionResult> => {
    const result = before.current.then(async () => {
      setDoing(action);
      const result = await post(action);
      setDoing(undefined);
      setEnded({ action, result });
      if ('process' in action) {
        setLast(({ [action.process]: _, ...others }) =>
          'done' in result ? { ...others, [action.process]: action.action } : others,
        );
      }
      return result;
    });
    before.current = result;
    return result;
  };
  return { run, doing, ended, last };
}

/** Asks the server; also while the page is being left. */
export async function post(action: Action): Promise<ActionResult> {
  try {
    const response = await fetch('/api/actions', {
      method: 'POST',
      headers: { 'content-type': 'application/json', [tokenHeader]: token ?? '' },
      body: JSON.stringify(action),
      keepalive: true,
    });
    const text = await response.text();
    if (response.ok) return JSON.parse(text);
    return { refused: text.trim() || `the console answered ${response.status}` };
  } catch {
    return { refused: 'the console does not answer' };
  }
}
