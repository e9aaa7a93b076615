import { homedir } from 'node:os';
import process from 'node:process';
import { addAbortSignal } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { outputStream } from '../shared/output-stream.ts';
import type { Context } from './context.ts';
import type { CredentialStore } from './credentials/store.ts';

/** The version in package.json. The build defines it. */
declare const TOKENS_VERSION: string | undefined;

/** Returns the program that calls keytar. */
function keychainProcess(): URL {
  return new URL('./keychain-process.js', import.meta.url);
}

/**
 * Returns the context of this process. Apart from `run-process.ts` and the keychain process, no other file uses `process`.
 * @param keytarProgram Returns the program that calls keytar. Null if keytar cannot be installed, as in the single file
 */
export function realContext(keytarProgram: (() => URL) | null = keychainProcess): Context {
  const signal = cancelSignal();
  let keychain: Promise<CredentialStore | null> | undefined;
  return {
    version: typeof TOKENS_VERSION === 'string' ? TOKENS_VERSION : '0.0.0',
    runtime: `node/${process.versions.node} ${process.platform}`,
    env: process.env,
    homeDirectory,
    stdin: {
      get isTTY() {
        return isatty(0);
      },
      read: () => addAbortSignal(signal, process.stdin),
    },
    stdout: outputStream(1, () => process.stdout),
    stderr: outputStream(2, () => process.stderr),
    signal,
    now: () => new Date(),
    uuid: () => crypto.randomUUID(),
    fetch: async (connectMs) => (await import('./api/transport/transport.ts')).openTransport(connectMs, process.env),
    keychain: () => {
      keychain ??= openSystemKeychain(keytarProgram, signal);
      return keychain;
    },
    keychainIsUnlocked: async () => (await import('./credentials/keychain-lock.ts')).isUnlocked(process.platform),
    prompts: async () => {
      // The prompt library disables colors only through the environment.
      if (process.argv.includes('--no-color')) process.env.NO_COLOR = '1';
      const { terminalPrompts } = await import('./input/prompts.ts');
      return terminalPrompts({ input: process.stdin, output: process.stderr, signal });
    },
    openBrowser: hasBrowser() ? async (url) => (await import('./sign-in/open-browser.ts')).openBrowser(url) : null,
    runCommand: async (words, env) => {
      const { runCommand } = await import('./run-command.ts');
      signal.throwIfAborted();
      return runCommand(words, env, process, [0, 1, 2].some(isatty));
    },
    sinceStart: () => performance.now(),
    sleep: (ms) => setTimeout(ms, undefined, { signal }),
  };
}

/**
 * Returns an `AbortSignal` that aborts on the first SIGINT, SIGTERM or SIGHUP, so that commands can clean up. A second
 * one ends the process.
 */
function cancelSignal(): AbortSignal {
  const cancel = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const listener = () => {
      cancel.abort();
      // Deferred, because the prompt library kills the process if it has the only listener for the signal.
      setImmediate(() => process.off(name, listener));
    };
    process.on(name, listener);
  }
  return cancel.signal;
}

/** Returns whether a browser can run here. Over SSH, its redirect to loopback would reach the wrong machine. */
function hasBrowser(): boolean {
  const { DISPLAY, WAYLAND_DISPLAY, SSH_CONNECTION, SSH_TTY } = process.env;
  if (SSH_CONNECTION || SSH_TTY) return false;
  return process.platform !== 'linux' || Boolean(DISPLAY || WAYLAND_DISPLAY);
}

/**
 * Opens the OS keychain through keytar or through the platform's own tool. On Linux, the tool comes first: keytar needs another
 * process of Node, which starts more slowly. On macOS, keytar comes first: the keychain would ask the person before another program
 * reads what keytar stored.
 */
async function openSystemKeychain(
  keytarProgram: (() => URL) | null,
  signal: AbortSignal,
): Promise<CredentialStore | null> {
  const { openKeychain } = await import('./credentials/keychain.ts');
  const loadTool = async () => {
    const { platformTool } = await import('./credentials/tools/platform-tool.ts');
    return platformTool(process.platform, process.env.PATH, signal);
  };
  if (keytarProgram === null) return openKeychain(loadTool);
  const loadKeytar = async () => {
    const { forkKeytar } = await import('./credentials/fork-keytar.ts');
    return forkKeytar(keytarProgram(), signal);
  };
  const [first, second] = process.platform === 'linux' ? [loadTool, loadKeytar] : [loadKeytar, loadTool];
  return openKeychain(() => first().catch(second));
}

function homeDirectory(): string | null {
  try {
    return homedir();
  } catch {
    return null;
  }
}
