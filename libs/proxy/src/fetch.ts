import { Agent, Pool, ProxyAgent, setGlobalDispatcher } from 'undici';
import { type Proxies, proxyOf } from './proxies.ts';

/** Makes `fetch` go through proxies in this process, each request by its own place, also where another redirects it. */
export function proxyFetch(proxies: Proxies): void {
  const factory = (origin: string | URL, options: Pool.Options) => {
    const proxy = proxyOf(proxies, origin);
    if (!proxy) return new Pool(origin, options);
    return new ProxyAgent({ uri: proxy.href, proxyTunnel: new URL(origin).protocol === 'https:' });
  };
  setGlobalDispatcher(new Agent({ factory }));
}
