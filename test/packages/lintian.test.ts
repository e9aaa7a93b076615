import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { buildPackage } from '../helpers/packages/debian-package.ts';
import { hasRealParts } from '../helpers/peers/real-parts.ts';

const run = promisify(execFile);

// The package without Node.js: the other one has one more file, which lintian reads for half a minute.
it.skipIf(!hasRealParts('root', 'dh', 'lintian'))('is a package about which lintian has nothing to say', async () => {
  const file = await buildPackage('debian');
  const { stdout } = await run('lintian', ['--allow-root', '--fail-on=error,warning', file]).catch((error) => error);
  expect(stdout).toBe('');
});
