#!/usr/bin/env node
import { runProcess } from '@envoy-poc/checks';
import { cost } from './cli.ts';

await runProcess(cost);
