/**
 * For the environment of Pulumi: its Node programs talk to its engine by gRPC on this machine, and gRPC for Node sends
 * even that to a proxy named in lower case (`https_proxy`), unless this says otherwise
 * (https://github.com/grpc/grpc/blob/master/doc/environment_variables.md).
 */
export const grpcStaysHere = { no_grpc_proxy: '127.0.0.1,localhost,::1' } as const;
