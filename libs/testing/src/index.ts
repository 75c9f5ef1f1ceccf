export { packagesLoadedBy } from './loaded.ts';
export { have, haveCommand } from './needs.ts';
