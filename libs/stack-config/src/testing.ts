export { engineConfig, type ProjectFile, projectFileOf } from './project-file.ts';
