import { expect, test } from 'vitest';
import { isForeignPage, isOperatorHost } from './callers.ts';

test.each([
  [undefined, true],
  ['127.0.1.1:8080', true],
  ['[::1]:8080', true],
  ['localhost:7070', true],
  ['servers', true],
  ['envoy-poc-app-server-service.envoy-poc.svc:8080', true],
  ['envoy-poc-app-server-service.envoy-poc.svc.cluster.local:8080', true],
  ['rebound.example:8080', false],
  ['127.0.0.1.rebound.example', false],
  ['x.svc.rebound.example', false],
  ['', false],
  ['127.0.0.1:8080@rebound.example', false],
])('Host %s: %s', (host, operator) => {
  expect(isOperatorHost(host)).toBe(operator);
});

const own = ['http://127.0.0.1:7070'];

test.each([
  ['a program', {}, false],
  ['its own page', { origin: 'http://127.0.0.1:7070', 'sec-fetch-site': 'same-origin' }, false],
  ['an address that somebody typed', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }, false],
  [
    'a link that somebody followed',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    false,
  ],
  ['another site’s page', { origin: 'https://other.example' }, true],
  ['a sandboxed frame, or a file', { origin: 'null' }, true],
  ['the same host on another port', { origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'same-site' }, true],
  ['an image of another site’s page', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, true],
  [
    'a frame of another site’s page',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    true,
  ],
])('%s is a page of another site: %j %s', (_, headers, foreign) => {
  expect(isForeignPage(headers, own)).toBe(foreign);
});
