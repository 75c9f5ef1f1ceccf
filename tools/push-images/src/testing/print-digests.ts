import { join } from 'node:path';
import { appImage } from '../build/app-image.ts';
import { appLayer } from '../build/app-layer.ts';
import { blobsOf, manifestsOf } from '../oci/image.ts';
import { exampleBase } from './fixtures.ts';

// Run in a process of its own: builds the image of ws-server in the workspace named by the first argument and prints
// the digests of all that it is made of, and the tag.
const [, , root = ''] = process.argv;
const { image, tag } = await appImage({
  root,
  app: 'ws-server',
  base: await exampleBase(),
  layer: appLayer(join(root, 'apps/ws-server'), 'ws-server'),
});
const digests = [...manifestsOf(image), ...blobsOf(image)].map(({ descriptor }) => descriptor.digest);
console.log(JSON.stringify({ tag, digests, now: new Date().toString() }));
