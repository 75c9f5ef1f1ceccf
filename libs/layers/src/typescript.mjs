// Lets a layer's program, which is TypeScript, run on whatever Node a person has: `pulumi up` in a layer's folder takes
// the first on PATH. Node 24 needs no help; older ones do. This is plain JavaScript, as it comes before that help.
if (!process.features.typescript) {
  const { register } = await import('tsx/esm/api');
  register();
}
