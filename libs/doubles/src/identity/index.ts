export { givenKeys, type IdentityDouble, startIdentityDouble } from './identity-double.ts';
export { ssoProfile, ssoToken } from './sso.ts';
