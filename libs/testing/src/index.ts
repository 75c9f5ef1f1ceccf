export { cpuShare } from './cpu-share.ts';
export { packagesLoadedBy } from './loaded.ts';
export { have, haveCommand } from './needs.ts';
