import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

export const { version } = manifest;

/** The oldest version of Node that runs what esbuild writes. */
export const target = `node${manifest.engines.node.replace('>=', '')}`;

/**
 * Returns a plugin of esbuild that replaces modules which packages import only for features that we do not use with empty modules. `unused` has the
 * module by the name of the package that imports it.
 */
export function omitUnused(unused) {
  return {
    name: 'unused',
    setup({ onResolve, onLoad }) {
      const filter = new RegExp(`^(?:${Object.values(unused).join('|')})$`);
      onResolve({ filter }, ({ path, importer }) => {
        const [, name] = /node_modules.([^/\\]+)/.exec(importer) ?? [];
        return unused[name] === path ? { path, namespace: 'unused' } : undefined;
      });
      // undici reads one of the constants of `node:http2`.
      onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: 'exports.constants = {};' }));
    },
  };
}
