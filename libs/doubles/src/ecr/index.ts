export { distributionCredentials } from './distribution.ts';
export {
  type Call,
  doubleRegistry,
  type EcrDouble,
  type Fault,
  type RequestFault,
  startEcrDouble,
} from './double.ts';
export { EcrFault, type EcrOperation, type EcrStore } from './store.ts';
