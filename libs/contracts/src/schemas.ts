// Everything that needs no Pulumi, for tools that only want the shapes.
export * from './apps.ts';
export { type Contract, exampleOf, type Layer, layers, schemas } from './contract.ts';
export { ContractError, type ContractErrorCode } from './errors.ts';
export { foundations } from './foundations.ts';
export type { Subnet } from './layers/network.ts';
export type { Repository } from './layers/registry.ts';
export { deployCommand, noStackError, parseOutputs } from './parse.ts';
