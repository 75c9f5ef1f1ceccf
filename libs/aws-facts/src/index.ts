export { type Architecture, architectureOf } from './architecture.ts';
export { credentialErrors } from './credential-errors.ts';
export {
  kubeProxyVersions,
  newestSupported,
  type SupportEnds,
  supportCheckedOn,
  supportEnds,
  supportOn,
} from './kubernetes-support.ts';
export {
  controlPlanePrice,
  type InstanceType,
  instancePrice,
  instanceTypes,
  prices,
  pricesCheckedOn,
  publicAddressPrice,
  type RegionPrices,
  surplusCreditPrice,
} from './prices.ts';
