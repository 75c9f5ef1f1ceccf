export {
  newestSupported,
  type SupportEnds,
  supportCheckedOn,
  supportEnds,
  supportOn,
} from './kubernetes-support.ts';
export { controlPlanePrice } from './prices.ts';
