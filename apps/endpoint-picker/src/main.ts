import { runService } from '@envoy-poc/env';
import { pickerConfigFromEnv } from './config.ts';
import { startPicker } from './picker.ts';

runService(pickerConfigFromEnv, startPicker);
