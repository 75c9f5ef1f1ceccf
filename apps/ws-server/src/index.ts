export { SERVER_DEFAULTS, type ServerConfig, serverConfigFromEnv } from './config.ts';
export { type RunningServer, startServer } from './server.ts';
