export { startClient } from './client.ts';
export type { ClientConfig } from './config.ts';
