import { chmod, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import type { Sender } from '../config/mail-identity.ts';
import type { MailRecord } from '../store/records.ts';
import type { Mailer } from './mailer.ts';
import { toMessage } from './message.ts';

/**
 * Creates a mailer that writes each message to `<directory>/<time>-<id>.eml` with mode 0600. Files appear complete or not
 * at all. Sending a record again replaces its file.
 */
export function createSpoolMailer({ directory, from }: { directory: string; from: Sender }): Mailer {
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });

  return {
    async send(mail) {
      const { message } = await composer.sendMail(toMessage(mail, from));
      if (!Buffer.isBuffer(message)) throw new Error('The message could not be composed');
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await chmod(directory, 0o700);
      const path = join(directory, fileName(mail));
      await writeAtomically(path, message);
      return path;
    },
    async close() {
      composer.close();
    },
  };
}

/** Deletes the files of mails that were written before `before`. Leaves other files alone. */
export async function deleteSpooledMails(directory: string, before: number): Promise<void> {
  for (const path of await spooledMails(directory)) {
    if ((await stat(path)).mtimeMs < before) await rm(path, { force: true });
  }
}

/** Returns the paths of all files of mails, also of unfinished ones. */
export async function spooledMails(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => fileNames.test(name)).map((name) => join(directory, name));
}

const fileNames = /^\d{8}T\d{6}\.\d{3}Z-[\da-f-]{36}\.eml(\.tmp)?$/;

function fileName({ createdAt, id }: MailRecord): string {
  return `${new Date(createdAt).toISOString().replace(/[-:]/g, '')}-${id}.eml`;
}

async function writeAtomically(path: string, content: Buffer): Promise<void> {
  const temporary = `${path}.tmp`;
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
