import { serveDouble } from '../provider/double.ts';
import { kubernetes } from './kubernetes.ts';

/** The Kubernetes provider, on the clusters of the fake account. */
await serveDouble(kubernetes);
