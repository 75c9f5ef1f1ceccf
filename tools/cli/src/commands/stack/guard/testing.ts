/** A resource as the engine knew it. */
interface Known {
  name: string;
  id: string;
  inputs: object;
  outputs: object;
}

/** What an operation did to a resource, as an event log says it. */
export function ended(op: string, { name, id, inputs, outputs }: Known): object {
  const type = 'aws:ec2/subnet:Subnet';
  const urn = `urn:pulumi:dev::network::${type}::${name}`;
  return { resOutputsEvent: { metadata: { op, urn, type, old: { id, inputs, outputs }, new: null } } };
}

/** The event log of a preview: what the stack publishes, and what it would; what happens to resources. */
export function eventLog(before: object, after: object, ...events: object[]): string {
  const type = 'pulumi:pulumi:Stack';
  const metadata = { op: 'same', urn: `urn:pulumi:dev::network::${type}::network-dev`, type };
  const stack = (old: object, now: object) => ({
    resOutputsEvent: { metadata: { ...metadata, old: { outputs: old }, new: { outputs: now } } },
  });
  const all = [{ preludeEvent: { config: {} } }, stack(before, before), ...events, stack(before, after)];
  return `${all.map((event) => JSON.stringify(event)).join('\n')}\n`;
}
