export { type RunningClient, startClient } from './client.ts';
export { CLIENT_DEFAULTS, type ClientConfig, clientConfigFromEnv } from './config.ts';
