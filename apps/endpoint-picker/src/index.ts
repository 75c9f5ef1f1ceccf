export { type PickerConfig, pickerConfigFromEnv } from './config.ts';
export { type RunningPicker, startPicker } from './picker.ts';
