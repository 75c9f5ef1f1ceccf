import { runService } from '@envoy-poc/env';
import { serverConfigFromEnv } from './config.ts';
import { startServer } from './server.ts';

runService(serverConfigFromEnv, startServer);
