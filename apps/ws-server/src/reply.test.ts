import { afterEach, expect, test, vi } from 'vitest';
import { replies } from './reply.ts';

afterEach(() => void vi.useRealTimers());

test('a reply has the time of its own message and the pod, also right after another one', () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 2, 3, 4, 5, 678) });
  const reply = replies('10.0.0.7');
  const text = () => reply().toString();
  expect(text()).toBe('{"timestamp":"2026-01-02T03:04:05.678Z","podIp":"10.0.0.7"}');
  expect(text()).toBe('{"timestamp":"2026-01-02T03:04:05.678Z","podIp":"10.0.0.7"}');
  vi.advanceTimersByTime(1);
  expect(text()).toBe('{"timestamp":"2026-01-02T03:04:05.679Z","podIp":"10.0.0.7"}');
});
