import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';

/** A package of the workspace. */
interface Package {
  /** Its folder, such as `libs/edge`. */
  readonly folder: string;
  readonly name: string;
  /** What others may import, as specifiers. */
  readonly entries: ReadonlySet<string>;
  /** The packages it declares, of this workspace and others. */
  readonly declared: ReadonlySet<string>;
}

interface PackageJson {
  readonly name: string;
  readonly exports?: string | Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Which kinds of package each kind may import from. Whole runs and benchmarks may import from all but layers. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  libs: ['libs'],
  apps: ['libs'],
  projects: ['libs'],
  tools: ['libs'],
  e2e: ['libs', 'apps', 'tools', 'e2e'],
  bench: ['libs', 'apps', 'tools'],
  observability: ['libs'],
};

/** An arrow besides those. */
export interface Exception {
  /** The folder of a package, such as `tools/cli`. */
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

const kindOf = (folder: string) => folder.split('/')[0] ?? '';

function packageIn(root: string, folder: string): Package {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as PackageJson;
  const { name, exports = {}, dependencies, devDependencies } = manifest;
  const paths = typeof exports === 'string' ? ['.'] : Object.keys(exports);
  return {
    ...{ folder, name },
    entries: new Set(paths.map((path) => posix.join(name, path))),
    declared: new Set(Object.keys({ ...dependencies, ...devDependencies })),
  };
}

/** Every module that a file imports or exports from, by its specifier. */
function importsOf(file: string): string[] {
  return ts.preProcessFile(readFileSync(file, 'utf8')).importedFiles.map(({ fileName }) => fileName);
}

/**
 * What is wrong with the imports of a workspace: those that reach into another package, those that no package.json
 * declares, those that the house does not allow, and exceptions that nobody needs.
 *
 * @param root the folder that has `apps`, `libs`, `projects`, `tools` and `e2e`
 */
export function houseFaults(root: string, exceptions: readonly Exception[] = []): string[] {
  const kinds = Object.keys(arrows).join(',');
  const ours = { cwd: root, exclude: (name: string) => /^(node_modules|dist|fixtures)$/.test(name) };
  const packages = globSync(`{${kinds}}/**/package.json`, ours).map((file) =>
    packageIn(root, posix.dirname(file)),
  );
  const faults = packages.flatMap(({ folder }) => {
    const { exports } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as PackageJson;
    return exports === undefined ? [`${folder} has no exports, so that anybody may import all of it`] : [];
  });
  const used = new Set<Exception>();
  const isAllowed = (from: string, to: string) => {
    const exception = exceptions.find((one) => one.from === from && one.to === to);
    if (exception) used.add(exception);
    return exception !== undefined || (arrows[kindOf(from)] ?? []).includes(kindOf(to));
  };
  for (const file of globSync(`{${kinds}}/**/*.{ts,mts,mjs}`, ours)) {
    const own = packages.find(({ folder }) => file.startsWith(`${folder}/`));
    const from = own?.folder ?? kindOf(file);
    for (const specifier of importsOf(join(root, file))) {
      const { other, fault } = judge(specifier, file, from, own, packages);
      if (fault !== undefined) faults.push(`${file} imports ${specifier}, ${fault}`);
      else if (other && !isAllowed(from, other.folder))
        faults.push(
          `${file} imports ${specifier}, but nothing in ${kindOf(from)} may import ${other.folder}`,
        );
    }
  }
  const unused = exceptions.filter((exception) => !used.has(exception));
  return [...faults, ...unused.map(({ from, to }) => `${from} imports nothing of ${to} any more`)];
}

/** The other package that an import names, or what is wrong with the import whatever the arrows. */
function judge(
  specifier: string,
  file: string,
  from: string,
  own: Package | undefined,
  packages: readonly Package[],
): { readonly other?: Package; readonly fault?: string } {
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(file), specifier);
    const isOfAll = !target.includes('/');
    return isOfAll || target.startsWith(`${from}/`) ? {} : { fault: 'a file of another package' };
  }
  const other = packages.find(({ name }) => specifier === name || specifier.startsWith(`${name}/`));
  if (!other || other === own) return {};
  if (!other.entries.has(specifier)) return { fault: `which ${other.name} does not export` };
  if (own && !own.declared.has(other.name)) {
    return { fault: `which ${from}/package.json does not declare` };
  }
  return { other };
}
