import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isFor, nodeNoProxy, readNoProxy } from './no-proxy.ts';
import { proxyOf, readProxies } from './proxies.ts';

const proxy = 'http://proxy.example.com:3128';

describe('NO_PROXY', () => {
  test.each([
    ['', 'https://api.ecr.us-east-1.amazonaws.com', true],
    ['amazonaws.com', 'https://api.ecr.us-east-1.amazonaws.com', false],
    ['AmazonAWS.com', 'https://amazonaws.com', false],
    ['.amazonaws.com', 'https://amazonaws.com', true],
    ['*.amazonaws.com', 'https://sts.amazonaws.com', false],
    ['aws.com', 'https://amazonaws.com', true],
    ['a.example, b.example', 'https://b.example', false],
    ['b.example:8443', 'https://b.example:8443', false],
    ['b.example:8443', 'https://b.example', true],
    ['b.example:443', 'https://b.example', false],
    ['10.0.0.0/8', 'https://10.1.2.3', false],
    ['10.0.0.0/8', 'https://11.1.2.3', true],
    ['10.1.2.3', 'https://10.1.2.3:5000', false],
    ['fd00::/8', 'https://[fd12::1]', false],
    ['[fd12::1]:443', 'https://[fd12::1]', false],
    ['*', 'https://api.ecr.us-east-1.amazonaws.com', false],
    ['', 'http://localhost:5566', false],
    ['', 'ws://127.0.2.1:8000', false],
    ['', 'https://[::1]:8443', false],
  ])('%j, %s: through the proxy %s', (noProxy, url, through) => {
    const proxies = readProxies({ HTTP_PROXY: proxy, https_proxy: proxy, NO_PROXY: noProxy });
    expect(proxyOf(proxies, url)?.origin).toBe(through ? proxy : undefined);
  });

  test('a range is the same addresses for an agent of Node as for fetch', () => {
    const octet = fc.nat(255);
    const address = fc.tuple(octet, octet, octet, octet).map((parts) => parts.join('.'));
    const number = (ip = '') => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    fc.assert(
      fc.property(address, address, fc.nat(32), (network, ip, bits) => {
        const entry = { host: network, bits };
        const [first, last] = nodeNoProxy([entry]).split('-').map(number);
        const within = (first ?? 0) <= number(ip) && number(ip) <= (last ?? 0);
        expect(isFor(entry, ip, '443')).toBe(within);
        expect(isFor(entry, network, '443')).toBe(true);
      }),
      { seed: 11 },
    );
  });

  test('what is no host or range is passed by', () => {
    expect(readNoProxy('example.com/8')).toHaveLength(readNoProxy('').length);
  });
});

describe('the proxy', () => {
  test.each([
    ['lower case first', { https_proxy: 'http://lower:1', HTTPS_PROXY: 'http://upper:1' }, 'http://lower:1'],
    ['without a scheme', { HTTPS_PROXY: 'proxy:3128' }, 'http://proxy:3128'],
    ['that is asked by TLS', { HTTPS_PROXY: 'https://proxy:3128' }, 'https://proxy:3128'],
    ['for HTTP only', { HTTP_PROXY: 'http://proxy:3128' }, undefined],
    ['empty', { HTTPS_PROXY: '' }, undefined],
  ])('%s', (_, env, expected) => {
    expect(proxyOf(readProxies(env), 'https://example.com')?.origin).toBe(expected);
  });

  test.each(['socks5://me:secret@proxy:1080', 'http://', 'ht tp'])('%s is refused, by name', (value) => {
    const error = (() => {
      try {
        return readProxies({ HTTPS_PROXY: value });
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({ code: 'ERR_PROXY', message: expect.stringContaining('unset HTTPS_PROXY') });
    expect(String(error)).not.toContain('secret');
  });
});
