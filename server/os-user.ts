import { userInfo } from 'node:os';

/** Returns the user whose rights a command has, in words. After `sudo` or in a package, it is not the one who typed the command. */
export function osUser(): string {
  try {
    return `the user ${userInfo().username}`;
  } catch {
    // A container may run as a user without a passwd entry.
    return 'the user of this command';
  }
}
