export { have, haveCommand } from '@envoy-poc/testing';
