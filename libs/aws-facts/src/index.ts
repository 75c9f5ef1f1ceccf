export { type Architecture, architectureOf } from './architecture.ts';
export { credentialErrors } from './credential-errors.ts';
export {
  kubeProxyVersions,
  minorOf,
  newestSupported,
  supportCheckedOn,
  supportEnds,
  supportOn,
} from './kubernetes-support.ts';
export {
  controlPlane,
  controlPlanePrice,
  hoursInMonth,
  type InstanceType,
  instanceHour,
  instanceTypes,
  internetGigabyte,
  type Price,
  type PriceSource,
  priceInWords,
  priceSources,
  prices,
  pricesCheckedOn,
  publicAddressHour,
  surplusCreditHour,
  zoneGigabyte,
} from './prices.ts';
