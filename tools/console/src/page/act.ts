import { useRef, useState } from 'preact/hooks';
import { type Action, type ActionResult, type ProcessAction, tokenHeader } from '../actions.ts';
import type { Mark } from '../view.ts';

/** What a reader of the page can do to the run. */
export interface Actions {
  /** Does it when all before it is done. How it ended is told, never thrown. */
  run(action: Action): Promise<ActionResult>;
  /** What is being done now. */
  doing: Action | undefined;
  /** How the last one ended. */
  ended: { action: Action; result: ActionResult } | undefined;
  /** What was done last to a process, by anybody. */
  lastTo(process: string): ProcessAction['action'] | undefined;
}

/** Proof that a request comes from this page. Without it (a deployed stack, a recording) there is nothing to do. */
const token = document.querySelector<HTMLMetaElement>('meta[name=token]')?.content;

/** Undefined where nothing can be done to the run. `marks`: of now, also while the page is paused. */
export function useActions(marks: readonly Mark[] = []): Actions | undefined {
  const [doing, setDoing] = useState<Action>();
  const [ended, setEnded] = useState<Actions['ended']>();
  const before = useRef<Promise<unknown>>(Promise.resolve());
  if (!token) return undefined;
  const run = (action: Action): Promise<ActionResult> => {
    const result = before.current.then(async () => {
      setDoing(action);
      const result = await post(action);
      setDoing(undefined);
      setEnded({ action, result });
      return result;
    });
    before.current = result;
    return result;
  };
  const lastTo = (process: string) => marks.findLast(({ did }) => did?.process === process)?.did?.action;
  return { run, doing, ended, lastTo };
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
