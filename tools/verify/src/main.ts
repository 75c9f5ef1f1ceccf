#!/usr/bin/env node
import { runProcess } from '@envoy-poc/checks';
import { verify } from './cli.ts';

await runProcess(verify);
