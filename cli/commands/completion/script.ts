import type { Command } from 'commander';
import { positionsOf } from './positions.ts';
import { bash } from './shells/bash.ts';
import { fish } from './shells/fish.ts';
import { zsh } from './shells/zsh.ts';

/**
 * Returns a script that completes the program's commands and options by itself, and asks the program for names of tokens,
 * members, apps and service accounts.
 */
export function completionScript(shell: 'bash' | 'zsh' | 'fish', program: Command): string {
  return { bash, zsh, fish }[shell](positionsOf(program));
}
