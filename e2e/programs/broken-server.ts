import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { WebSocketServer } from 'ws';

// A server with one fault, named by FAULT; without one it keeps to the contract, in as few lines as that takes.
const {
  FAULT: fault,
  PICKERS,
  PORT,
  CONNECTIONS_PER_POD,
  PING_INTERVAL_SECONDS,
  SERVER_DRAIN_SECONDS,
} = process.env;
const limit = Number(CONNECTIONS_PER_POD) + (fault === 'one too many' ? 1 : 0);
let taken = 0;
let draining = false;

let stream: Socket | undefined;
function report(opened?: string | string[]) {
  const told = {
    port: Number(PORT),
    limit: limit + (fault === 'reports another limit' ? 1 : 0),
    taken: fault === 'reports nothing taken' ? 0 : taken,
    draining: draining && fault !== 'reports no drain',
    ...(opened && fault !== 'reports no request' && { opened }),
  };
  stream?.write(fault === 'reports nonsense' ? 'free\n' : `${JSON.stringify(told)}\n`);
}
function reportToPicker() {
  const [host = '', port] = PICKERS?.split(':') ?? [];
  stream = connect(Number(port), host, () => report());
  stream.on('error', () => {});
  if (fault !== 'reports until cut') stream.on('close', () => setTimeout(reportToPicker, 200));
}
if (fault !== 'no reports') {
  reportToPicker();
  if (fault !== 'reports changes only') setInterval(report, 1000);
}

const server = createServer((request, response) => {
  if (request.url !== '/healthz') return void response.writeHead(404).end();
  if (fault === 'health 500') return void response.writeHead(500).end();
  const full = taken >= limit && fault !== 'not degraded';
  response.writeHead(draining && fault !== 'healthy at the end' ? 503 : 200, {
    ...(full && { 'x-envoy-degraded': 'true' }),
  });
  response.end();
});
const sockets = new WebSocketServer({ noServer: true });

server.on('upgrade', (request, socket, head) => {
  const full = taken >= limit;
  if (draining || (full && fault !== 'closes after 101')) {
    const status = fault === 'refuses with 429' ? '429 Too Many Requests' : '503 Service Unavailable';
    return void socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  }
  const accept = () => {
    if (!full) {
      taken++;
      report(request.headers['x-request-id']);
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      if (full) return webSocket.close(1013, 'full');
      webSocket.on('error', () => {});
      let alive = true;
      webSocket.on('pong', () => {
        alive = true;
      });
      const timer = setInterval(() => {
        if (!alive && fault !== 'keeps the silent') return webSocket.terminate();
        alive = false;
        if (fault !== 'no pings') webSocket.ping();
        else alive = true;
      }, Number(PING_INTERVAL_SECONDS) * 1000);
      webSocket.once('close', () => {
        clearInterval(timer);
        if (fault !== 'keeps slots') taken--;
        report();
      });
    });
  };
  // What is counted only after a wait lets in all that come meanwhile.
  if (fault === 'counts late') setTimeout(accept, 50);
  else accept();
});

process.on('SIGTERM', () => {
  if (fault === 'dies at once') process.exit(0);
  draining = true;
  report();
  for (const client of sockets.clients) client.close(fault === 'closes with 1000' ? 1000 : 1001);
  setTimeout(() => process.exit(0), Number(SERVER_DRAIN_SECONDS) * 1000);
});
server.listen(Number(PORT), '127.0.0.1');
