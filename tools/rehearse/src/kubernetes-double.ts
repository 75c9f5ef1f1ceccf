import { serveDouble } from './double.ts';
import { kubernetes } from './kubernetes.ts';

/** The Kubernetes provider, on the clusters of the fake account. */
await serveDouble(kubernetes);
