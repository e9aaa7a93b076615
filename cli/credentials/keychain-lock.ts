import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Prints `b false` if the keychain that applications use is unlocked. Starts no keychain. */
const askIfLocked = [
  '--user',
  '--auto-start=no',
  'get-property',
  'org.freedesktop.secrets',
  '/org/freedesktop/secrets/aliases/default',
  'org.freedesktop.Secret.Collection',
  'Locked',
];

/**
 * Returns whether a secret can be read from the OS keychain without a question to the person. This is known on Linux with
 * systemd, and on Windows. On macOS, the keychain may always ask.
 */
export async function isUnlocked(platform: NodeJS.Platform): Promise<boolean> {
  if (platform === 'win32') return true;
  if (platform !== 'linux') return false;
  try {
    const { stdout } = await promisify(execFile)('busctl', askIfLocked, { timeout: 100 });
    return stdout.trim() === 'b false';
  } catch {
    return false;
  }
}
