import { createServer } from 'node:net';

// Pods that are healthy, at port 8080 of every loopback address; prints each second how many checks came, and how long after
// the one before they came, in milliseconds.

const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok\n';
let checks = 0;
let gaps: number[] = [];

createServer({ noDelay: true }, (socket) => {
  let last: number | undefined;
  socket.on('error', () => {});
  // A check fits into one segment.
  socket.on('data', () => {
    const now = performance.now();
    if (last !== undefined) gaps.push(now - last);
    last = now;
    checks++;
    socket.write(answer);
  });
}).listen({ host: '0.0.0.0', port: 8080, backlog: 4096 }, () => {
  console.log('listening');
  setInterval(() => {
    gaps.sort((a, b) => a - b);
    const at = (share: number) => gaps[Math.floor(gaps.length * share)] ?? 0;
    console.log(JSON.stringify({ checks, p50: at(0.5), p99: at(0.99) }));
    [checks, gaps] = [0, []];
  }, 1000);
});
