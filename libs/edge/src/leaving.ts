import { type HttpRoute, plainGet } from './envoy.ts';

/** Runtime value, in percent, that an edge sets when it is told to leave. */
export const leavingKey = 'edge.leaving';

const onceItLeaves = {
  runtime_fraction: { default_value: { numerator: 0, denominator: 'HUNDRED' }, runtime_key: leavingKey },
};

/**
 * `GET /healthz`: whether clients should come. 200, and 503 once the edge leaves. By routes, as Envoy's own filter for
 * it waits for the end of the request, which may never come, and holds an upgrade for ever.
 */
export const healthRoutes: HttpRoute[] = [503, 200].map((status) => ({
  name: 'health',
  match: {
    path: '/healthz',
    headers: plainGet,
    ...(status === 503 && onceItLeaves),
  },
  direct_response: { status },
}));

/**
 * Refuses upgrades once the edge leaves. Its part of the rate is another's by then: a Deployment starts the next edge
 * as soon as one is told to end.
 */
export const leavingRoute: HttpRoute = {
  name: 'leaving',
  match: { prefix: '/', headers: [{ name: 'upgrade', present_match: true }], ...onceItLeaves },
  direct_response: { status: 503, body: { inline_string: 'draining: this edge is shutting down\n' } },
  response_headers_to_add: [
    { header: { key: 'retry-after', value: '1' } },
    { header: { key: 'x-refusal', value: 'draining' } },
  ],
};
