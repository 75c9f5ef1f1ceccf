#!/usr/bin/env node
import { runProcess } from '@envoy-poc/checks';
import { access } from './cli.ts';

await runProcess(access);
