#!/usr/bin/env node
import { runProcess } from '@envoy-poc/checks';
import { cleanup } from './cli.ts';

await runProcess(cleanup);
