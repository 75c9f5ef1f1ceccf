export { type ConnectProxy, startConnectProxy } from './connect-proxy.ts';
export { certificateFor, startTlsFront } from './tls-front.ts';
