import { useEffect, useRef, useState } from 'preact/hooks';

/** How strongly something is drawn, from its first moment on. */
const STEPS = [1, 1, 1, 0.66, 0.33, 0] as const;

/** How long each step lasts, in milliseconds. */
const STEP_MS = 400;

/**
 * The opacity of things that fade away by themselves, by their numbers: from 1 to 0. In steps, as for an animation of
 * CSS a browser draws sixty frames a second, whether anything changes or not.
 */
export function useFading(numbers: readonly number[]): (n: number) => number {
  const since = useRef(new Map<number, number>());
  const [, look] = useState(0);
  const now = performance.now();
  since.current = new Map(numbers.map((n) => [n, since.current.get(n) ?? now]));
  const opacityOf = (n: number) => STEPS[Math.floor((now - (since.current.get(n) ?? now)) / STEP_MS)] ?? 0;
  useEffect(() => {
    if (numbers.every((n) => opacityOf(n) === 0)) return;
    const timer = setTimeout(() => look((looks) => looks + 1), STEP_MS);
    return () => clearTimeout(timer);
  });
  return opacityOf;
}
