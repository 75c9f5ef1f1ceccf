import { eventually } from '../../helpers/wait.ts';

/** Opens a WebSocket, trying again while the edge says that it is too early. */
export function open(host: string): Promise<WebSocket> {
  return eventually(async () => {
    const socket = new WebSocket(`ws://${host}/`);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', () => reject(new Error(`no WebSocket on ${host}`)));
    });
    return socket;
  });
}

/** Sends a message and gives the reply. */
export async function ask(socket: WebSocket): Promise<{ timestamp: string; podIp: string }> {
  const answer = new Promise<string>((resolve, reject) => {
    socket.addEventListener('message', ({ data }) => resolve(String(data)), { once: true });
    socket.addEventListener('close', ({ code }) => reject(new Error(`closed with ${code}`)), { once: true });
  });
  socket.send('time?');
  return JSON.parse(await answer) as { timestamp: string; podIp: string };
}
