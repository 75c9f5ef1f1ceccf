export type { PickerConfig } from './config.ts';
export { startPicker } from './picker.ts';
