import { z } from 'zod';

/** The oldest chart whose readiness probe waits for the webhook and whose webhooks can be told what to do on failure. */
const OLDEST_CHART_MAJOR = 3;

/** The configuration of this layer, by the keys of `Pulumi.yaml`, which describes them and holds the defaults. */
export const platformConfig = z.object({
  chartVersion: z
    .string('must be a chart version such as 3.5.0')
    .regex(/^\d+\.\d+\.\d+$/, 'must be one exact version such as 3.5.0')
    .refine((version) => Number.parseInt(version, 10) >= OLDEST_CHART_MAJOR, 'must be 3.0.0 or newer'),
});
