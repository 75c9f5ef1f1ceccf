export { type ConnectProxy, startConnectProxy } from './connect-proxy.ts';
export { type Certificate, certificateFor, startTlsFront, type TlsFront } from './tls-front.ts';
