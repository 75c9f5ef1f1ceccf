export { have, haveCommand } from './needs.ts';
