import { join } from 'node:path';
import type { Layer } from '@envoy-poc/layers';

/** The folder of a layer's Pulumi project. */
export const layerFolder = (layer: Layer) => join(import.meta.dirname, '../../projects', layer);
