export type { PickerConfig } from './config.ts';
export { Decider } from './decider.ts';
export { startPicker } from './picker.ts';
