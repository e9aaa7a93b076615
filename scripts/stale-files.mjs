import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Removes from dist/server and dist/shared what earlier builds wrote and whose source no longer exists, because packages contain all that is there.
 * Keeps every file that has a source: a running program can still load it, and the compiler writes only the files that changed.
 */
export function removeStaleFiles(root) {
  for (const folder of ['server', 'shared']) clean(folder);

  function clean(folder) {
    const built = join(root, 'dist', folder);
    if (!existsSync(built)) return;
    for (const entry of readdirSync(built, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const sources = [path, path.replace(/\.js$/, '.ts'), path.replace(/\.js$/, '.tsx')];
      if (!sources.some((source) => existsSync(join(root, source))))
        rmSync(join(root, 'dist', path), { recursive: true });
      else if (entry.isDirectory()) clean(path);
    }
  }
}
