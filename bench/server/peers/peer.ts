import { WebSocketServer } from 'ws';

// A WebSocket server with `ws` alone that answers like apps/ws-server. It pings as the README of ws says.

const { HOST, PORT, POD_IP } = process.env;
const server = new WebSocketServer({ host: HOST, port: Number(PORT), backlog: 4096, maxPayload: 4096 });
const silent = new WeakSet<object>();

server.on('connection', (socket) => {
  socket.on('error', () => {});
  socket.on('pong', () => silent.delete(socket));
  socket.on('message', () =>
    socket.send(JSON.stringify({ timestamp: new Date().toISOString(), podIp: POD_IP })),
  );
});
setInterval(() => {
  for (const socket of server.clients) {
    if (silent.has(socket)) {
      socket.terminate();
      continue;
    }
    silent.add(socket);
    socket.ping();
  }
}, 25_000);
