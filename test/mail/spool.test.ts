import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSpoolMailer, deleteSpooledMails } from '../../server/mail/spool.ts';
import type { MailRecord } from '../../server/store/records.ts';

const mail: MailRecord = {
  id: '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b',
  to: 'ada@example.com',
  subject: 'API token "ci" was created',
  text: 'Hello Ada,\n',
  html: '<p>Hello Ada,</p>',
  messageId: '<m1@tokens.acme.example>',
  createdAt: Date.UTC(2026, 10, 23, 16, 20, 0, 7),
  attempts: 1,
};
const fileName = '20261123T162000.007Z-019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b.eml';

let home: string;
let directory: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tokens-spool-'));
  directory = join(home, 'mail');
});

afterEach(() => rm(home, { recursive: true, force: true }));

const spool = () => createSpoolMailer({ directory, from: { name: '', address: 'tokens@acme.example' } });
const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

it('writes a message that mail programs can read, with mode 0600', async () => {
  await spool().send(mail);
  expect(await readdir(directory)).toEqual([fileName]);
  expect(await mode(directory)).toBe('700');
  expect(await mode(join(directory, fileName))).toBe('600');
  const parsed = await simpleParser(await readFile(join(directory, fileName)));
  expect(parsed.messageId).toBe(mail.messageId);
  expect(parsed.date?.getTime()).toBe(Math.floor(mail.createdAt / 1000) * 1000);
  expect(parsed.subject).toBe(mail.subject);
  expect(parsed.to).toMatchObject({ text: 'ada@example.com' });
  expect(parsed.text).toBe('Hello Ada,\n');
  expect(parsed.html).toContain('<p>Hello Ada,</p>');
  expect(parsed.headers.get('auto-submitted')).toBe('auto-generated');
});

it('replaces the file when a message is sent again', async () => {
  const mailer = spool();
  await mailer.send(mail);
  await mailer.send({ ...mail, attempts: 2 });
  expect(await readdir(directory)).toEqual([fileName]);
});

it('overwrites the temporary file of a crashed daemon', async () => {
  await mkdir(directory);
  await writeFile(join(directory, `${fileName}.tmp`), 'half a message');
  await spool().send(mail);
  expect(await readdir(directory)).toEqual([fileName]);
  expect(await mode(join(directory, fileName))).toBe('600');
});

it('tightens the mode of a directory that others could read', async () => {
  await mkdir(directory, { mode: 0o755 });
  await spool().send(mail);
  expect(await mode(directory)).toBe('700');
});

it('rejects when the directory cannot be written', async () => {
  await writeFile(directory, 'a file in the way');
  await expect(spool().send(mail)).rejects.toThrow();
});

it('deletes the files of mails that were written before a time, and no other files', async () => {
  const newer = { ...mail, id: '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5c' };
  const newerName = fileName.replace(/b\.eml$/, 'c.eml');
  const old = [fileName, `${fileName}.tmp`, '20200101-notes.txt'];
  await spool().send(mail);
  await spool().send(newer);
  await writeFile(join(directory, `${fileName}.tmp`), 'half a message');
  await writeFile(join(directory, '20200101-notes.txt'), 'ours');
  for (const name of old) await utimes(join(directory, name), 1, 1);
  await deleteSpooledMails(directory, 2_000);
  expect((await readdir(directory)).sort()).toEqual(['20200101-notes.txt', newerName]);
});

it('deletes nothing if no mail was ever written', async () => {
  await expect(deleteSpooledMails(directory, Date.now())).resolves.toBeUndefined();
});
