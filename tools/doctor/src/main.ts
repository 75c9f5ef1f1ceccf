#!/usr/bin/env node
import { runProcess } from '@envoy-poc/checks';
import { doctor } from './cli.ts';

await runProcess(doctor);
