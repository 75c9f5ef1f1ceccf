import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished, type TestContext } from 'vitest';

/** What the API server answers to a path: an object, a text, or a status to refuse with. */
export type Answers = Readonly<Record<string, object | string | number>>;

/** A kubeconfig, as text, of an API server that answers to these paths and to nothing else. */
export async function kubernetesApi(
  { onTestFinished }: Pick<TestContext, 'onTestFinished'>,
  answers: Answers,
): Promise<string> {
  const server = createServer((request, response) => {
    const answer = answers[new URL(request.url ?? '', 'http://api').pathname] ?? 404;
    response.setHeader('content-type', typeof answer === 'string' ? 'text/plain' : 'application/json');
    if (typeof answer === 'number') response.writeHead(answer).end('{"kind": "Status"}');
    else response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return kubeconfigOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

/** An API server that takes questions and answers none. */
export async function neverAnswers() {
  let questions = 0;
  const server = createServer(() => void questions++).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, questions: () => questions };
}

/** A kubeconfig, as text, of a server's URL. */
export const kubeconfigOf = (server: string) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    users: [{ name: 'test', user: {} }],
  });

/** A pod as the API server gives it. */
export function pod(name: string, ip: string, status: object = {}) {
  return {
    metadata: { name },
    status: {
      phase: 'Running',
      podIP: ip,
      startTime: '2026-11-01T00:00:00Z',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [{ restartCount: 0, state: {} }],
      ...status,
    },
  };
}
