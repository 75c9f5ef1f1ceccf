export * from './ipv4.ts';

export * from './settings.ts';
export * from './subnet-plan.ts';
