export * from './names.ts';
export * from './settings.ts';
