import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Context } from '../context.ts';
import { localError, systemCode } from '../errors.ts';

/** A secret that the server showed once. */
export interface ShownSecret {
  readonly kind: string;
  readonly name: string;
  readonly secret: string;
}

/** Where new secrets go. */
export interface SecretSink {
  /** Keeps a secret as soon as the server has shown it. */
  add(secret: ShownSecret): Promise<void>;
  /** The secrets to print at the end with `--json`. */
  readonly collected: readonly ShownSecret[];
  close(): Promise<void>;
}

/** Prints each secret on standard output, in one line. */
export function printSecrets(ctx: Context): SecretSink {
  return {
    collected: [],
    add: async ({ kind, name, secret }) => {
      await ctx.stdout.write(`${kind}\t${name}\t${secret}\n`).catch((error: unknown) => {
        throw localError('unwritable', `Its secret cannot be printed (${systemCode(error)}), and is lost.`, error);
      });
    },
    close: async () => undefined,
  };
}

/** Collects secrets for `--json`. */
export function collectSecrets(): SecretSink {
  const collected: ShownSecret[] = [];
  return {
    collected,
    add: async (secret) => void collected.push(secret),
    close: async () => undefined,
  };
}

/**
 * Creates a file for secrets that only its owner can read: one JSON object a line, each written before the next change.
 * @throws CliError `usage` if the file exists, `unwritable` if it cannot be created
 */
export async function openSecretsFile(path: string): Promise<SecretSink> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await open(path, flags, 0o600).catch((error: unknown) => {
    const code = systemCode(error);
    if (code === 'EEXIST') {
      throw localError('usage', `${path} exists already. Move it away, or give another file for the new secrets.`);
    }
    throw localError('unwritable', `${path} cannot be created (${code}). Check its directory.`, error);
  });
  const write = async (secret: ShownSecret) => {
    try {
      await handle.appendFile(`${JSON.stringify(secret)}\n`);
      await handle.sync();
    } catch (error) {
      throw localError(
        'unwritable',
        `Its secret cannot be written to ${path} (${systemCode(error)}), and is lost.`,
        error,
      );
    }
  };
  let last: Promise<void> = Promise.resolve();
  return {
    collected: [],
    add(secret) {
      // One after the other, because several changes run at the same time.
      const written = last.then(() => write(secret));
      last = written.catch(() => undefined);
      return written;
    },
    close: () => handle.close(),
  };
}
