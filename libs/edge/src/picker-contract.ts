// What an edge and an endpoint picker say to each other.

/**
 * Where the picker names the pods to try, in order: `ip:port,ip:port`
 * (Endpoint Picker Protocol of the Gateway API inference extension, 1.0).
 */
export const pickedHeader = 'x-gateway-destination-endpoint';

/** Characters of a request's id that count, to a picker and to a pod: what is longer is cut. */
export const maxRequestIdLength = 128;

/** Whom the picker decides about: the client's address as the edge believes it. */
export const clientAddressHeader = 'x-client-address';

/**
 * By this a picker's `/healthz` says what it is (Envoy's `service_name_matcher`). Another server that came by its address
 * is never healthy to an edge, so that nothing it says refuses anybody.
 */
export const identity = {
  header: 'x-envoy-upstream-healthchecked-cluster',
  value: 'endpoint-decisions',
} as const;
