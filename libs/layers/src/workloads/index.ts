export * from './checks.ts';
export * from './images.ts';
export * from './names.ts';
export * from './placement.ts';
export * from './resources.ts';
export * from './settings.ts';
