import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Keytar } from '../keychain.ts';
import { toolAt } from './run-tool.ts';
import { secretTool } from './secret-tool.ts';
import { security } from './security.ts';

/**
 * Returns the OS keychain through the platform's own tool: `security` on macOS, `secret-tool` from the search path on Linux.
 * Calls reject when `signal` aborts.
 * @throws Error if this machine does not have the tool
 */
export async function platformTool(
  platform: NodeJS.Platform,
  searchPath: string | undefined,
  signal: AbortSignal,
): Promise<Keytar> {
  if (platform === 'darwin') return security(toolAt('/usr/bin/security', signal));
  for (const directory of (searchPath ?? '').split(delimiter)) {
    const path = join(directory, 'secret-tool');
    if (isAbsolute(directory) && isExecutable(path)) return secretTool(toolAt(path, signal));
  }
  throw new Error('There is no secret-tool.');
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    // Everyone may execute a directory.
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
