import { runService } from '@envoy-poc/env';
import { startClient } from './client.ts';
import { clientConfigFromEnv } from './config.ts';

runService(clientConfigFromEnv, startClient);
