import { extension, matching } from './envoy.ts';
import { clientAddressHeader, pickedHeader } from './picker-contract.ts';
import { seconds } from './token-bucket.ts';

/** Longest wait for the picker's whole answer, in seconds; after it the edge admits its share. */
const DECISION_SECONDS = 0.25;

const host = '[0-9.]+:[0-9]+';

/** That the picker named pods, one to four; what else it may say is no answer. */
export const picked = matching(pickedHeader, `${host}(,${host}){0,3}`);

/**
 * Asks the picker about an upgrade: 200 and the pods to try, 429 or 409. Whatever goes wrong with that is no refusal.
 * Asks about nothing by itself: a route says that it wants to be asked about.
 */
export const pickerFilter = {
  ...extension('envoy.filters.http.ext_authz', {
    type: 'filters.http.ext_authz.v3.ExtAuthz',
    failure_mode_allow: true,
    // The header that the picker adds leads to another route.
    clear_route_cache: true,
    allowed_headers: exactNames('x-request-id'),
    disallowed_headers: exactNames('authorization'),
    http_service: {
      server_uri: { uri: 'http://picker', cluster: 'picker', timeout: seconds(DECISION_SECONDS) },
      // Not the client's path, which may hold secrets.
      path_override: '/decide',
      authorization_request: {
        headers_to_add: [{ key: clientAddressHeader, value: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%' }],
      },
      authorization_response: {
        allowed_upstream_headers: exactNames(pickedHeader),
        allowed_client_headers: exactNames('x-refusal', 'retry-after'),
      },
    },
  }),
  disabled: true,
};

/** For the route whose requests the picker is asked about. */
export const askPicker = {
  [pickerFilter.name]: extension('', {
    type: 'filters.http.ext_authz.v3.ExtAuthzPerRoute',
    check_settings: {},
  }).typed_config,
};

/**
 * Every refusal by the picker but 429 is 503 to a client: "full", which the picker has to say as 409, as 5xx of an
 * authorization service counts as its failure; and what it should not say at all, such as a redirect.
 */
export const refusedByPicker = {
  mappers: [
    {
      filter: {
        and_filter: {
          filters: [
            { response_flag_filter: { flags: ['UAEX'] } },
            {
              status_code_filter: {
                comparison: { op: 'NE', value: { default_value: 429, runtime_key: 'edge.refusal_kept' } },
              },
            },
          ],
        },
      },
      status_code: 503,
    },
  ],
};

function exactNames(...names: string[]) {
  return { patterns: names.map((exact) => ({ exact })) };
}
