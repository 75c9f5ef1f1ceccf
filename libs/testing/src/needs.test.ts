import { afterEach, expect, test, vi } from 'vitest';
import { have, haveCommand } from './needs.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test('what is there is used in silence', () => {
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  expect(haveCommand('sh')).toBe(true);
  expect(stderr).not.toHaveBeenCalled();
});

test('what is missing is skipped loudly, and fails where it is required', () => {
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  vi.stubEnv('TEST_REQUIRES', 'cluster');
  expect(haveCommand('no-such-tool')).toBe(false);
  expect(stderr).toHaveBeenCalledWith(expect.stringContaining('SKIPPED: no no-such-tool'));
  expect(() => have('cluster', false, 'Set KUBECONFIG.')).toThrow('Set KUBECONFIG.');
});
