export { type ConnectProxy, startConnectProxy } from './connect-proxy.ts';
export { givenKeys, type IdentityDouble, startIdentityDouble } from './identity-double.ts';
export { ssoProfile, ssoToken } from './sso.ts';
export { type Certificate, certificateFor, startTlsFront, type TlsFront } from './tls-front.ts';
