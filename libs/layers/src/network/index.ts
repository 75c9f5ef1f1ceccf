export * from './ipv4.ts';
export type { Subnet } from './outputs.ts';
export * from './settings.ts';
export * from './subnet-plan.ts';
