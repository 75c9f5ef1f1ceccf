export * from './instance-types.ts';
export * from './names.ts';
export * from './settings.ts';
export * from './upgrade.ts';
