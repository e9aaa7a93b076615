import { cp, readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const { version, engines } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));

await rm(new URL('../dist/cli', import.meta.url), { recursive: true, force: true });
await build({
  entryPoints: ['cli/main.ts', 'cli/real-context.ts', 'cli/keychain-process.ts'],
  absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
  outdir: 'dist/cli',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: `node${engines.node.replace('>=', '')}`,
  minifySyntax: true,
  define: { TOKENS_VERSION: JSON.stringify(version) },
  // Bundled CommonJS packages still call require for Node's own modules.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
  },
  logLevel: 'warning',
});

// The compiler leaves the console's stylesheet, script and icon behind.
await cp(new URL('../server/web/assets', import.meta.url), new URL('../dist/server/web/assets', import.meta.url), {
  recursive: true,
});
