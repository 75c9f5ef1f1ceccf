import { serveDouble } from '../provider/double.ts';
import { aws } from './aws.ts';

/** The AWS provider, on a fake account. */
await serveDouble(aws);
