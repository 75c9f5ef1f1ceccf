export { type ApiServer, apiServer, certificate, haveOpenssl } from './api-server.ts';
export { awsEndpoint } from './aws-endpoint.ts';
