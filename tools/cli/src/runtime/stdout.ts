/**
 * Keeps a stdout that nobody takes from ending the process with a stack trace. A reader that has gone (`| head`) is no
 * fault, and what was begun goes on; a full disk is told once, and the process ends with 1.
 */
export function surviveStdout({ stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'>): void {
  let told = false;
  stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' || told) return;
    told = true;
    stderr.write(`envoy-poc: what it prints cannot be written: ${message}\n`);
    process.on('exit', () => {
      process.exitCode = 1;
    });
  });
}
