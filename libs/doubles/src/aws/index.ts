export { HIDDEN_ZONE } from './data-sources.ts';
export { schemaFaults } from './schema/faults.ts';
export { mappingOf } from './schema/mappings.ts';
export { create, named } from './shapes.ts';
