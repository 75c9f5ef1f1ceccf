import { credentials } from '@grpc/grpc-js';
import engineService from '@pulumi/pulumi/proto/engine_grpc_pb.js';
import engineMessages from '@pulumi/pulumi/proto/engine_pb.js';

/** Tells the engine, and so whoever watches, how an operation goes on. */
export type TellEngine = (urn: string, message: string) => void;

/** A report to the engine at an address, which it gives every provider as the first argument. */
export function engineReport(address: string | undefined): TellEngine {
  if (address === undefined) return () => {};
  const client = new engineService.EngineClient(address, credentials.createInsecure());
  return (urn, message) => {
    const request = new engineMessages.LogRequest();
    request.setSeverity(engineMessages.LogSeverity.INFO);
    request.setMessage(message);
    request.setUrn(urn);
    client.log(request, () => {});
  };
}
