import { readFileSync } from 'node:fs';
import { versions } from 'node:process';

/** Returns the version in package.json. */
export function ownVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Returns the version of Node.js, without the `v`. */
export function nodeVersion(): string {
  return versions.node;
}
