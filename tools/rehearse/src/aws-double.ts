import { aws } from './aws.ts';
import { serveDouble } from './double.ts';

/** The AWS provider, on a fake account. */
await serveDouble(aws);
