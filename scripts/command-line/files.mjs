/**
 * The files that a command line loads, in this order, and the modules that each contains beside those that they import. A file takes
 * modules of earlier files from there. `rest.cjs` contains all other modules that are imported on use.
 */
export const files = {
  // Modules that every start runs, and those of completion from the cache.
  'main.cjs': ['cli/run-process.ts', 'cli/main.ts', 'cli/real-context.ts', 'cli/commands/completion/names.ts'],
  // Modules for the help of the program.
  'program.cjs': ['cli/run-program.ts', 'cli/program.ts', 'cli/commands/definitions.ts'],
  // Modules for `tokens list --json`.
  'list.cjs': [
    'cli/commands/tokens/lists/list.ts',
    'cli/ui/progress.ts',
    'cli/ui/json.ts',
    'cli/api/transport/transport.ts',
  ],
  // Modules that read a session from the keychain.
  'keychain.cjs': ['cli/credentials/keychain.ts', 'cli/credentials/tools/platform-tool.ts'],
  'rest.cjs': [],
};

/** Modules that are slow to load and that few commands need. Each becomes its own file, which is loaded on first use. */
export const lazyModules = [
  'cli/api/transport/undici.ts',
  'cli/commands/doctor/examine.ts',
  'cli/commands/users/adding/parse-members.ts',
  'cli/organization/file/document.ts',
  'cli/scan/scan.ts',
  '@inquirer/prompts',
  'chalk',
  'cli-table3',
  'cli-truncate',
  'oauth4webapi',
  'open',
  'proper-lockfile',
  'string-width',
  'uqr',
];

/** Returns the name of the file of a lazy module. */
export function fileOf(lazyModule) {
  return `${lazyModule.replace(/^.*\//, '').replace(/\.ts$/, '')}.cjs`;
}
