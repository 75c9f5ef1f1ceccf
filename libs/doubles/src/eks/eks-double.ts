import provider from '@pulumi/pulumi/provider/index.js';
import { Cluster, ManagedNodeGroup } from './components.ts';

/** The EKS provider, whose components expand into the AWS resources that the real ones make. */
await provider.main(
  {
    version: '4.3.0',
    construct: async (name, type, inputs, options) => {
      const component =
        type === 'eks:index:Cluster'
          ? new Cluster(name, inputs, options)
          : new ManagedNodeGroup(name, inputs, options);
      return { urn: component.urn, state: component.state };
    },
  },
  process.argv.slice(2),
);
