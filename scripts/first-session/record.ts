import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { type Mailbox, startMailbox } from './mailbox.ts';
import { createMask, realign } from './mask.ts';
import { type Chapter, type Line, storyOf } from './story.ts';
import { openTerminal, type Terminal } from './terminal.ts';

const root = join(import.meta.dirname, '../..');
/** A zone without daylight saving time, so that the recording does not depend on the season. */
const timeZone = 'Asia/Kolkata';
const maxWaitMs = 30_000;

const introduction = `# First ten minutes

This is what the terminal of a newcomer shows in the first ten minutes: every command, every answer and every message. A program records it: it runs the real daemon, command
line, shell and mail server. A test repeats it and compares. Values, addresses and times stand for those of the recording, and passwords are not shown when they are typed.
The commands are those of the [tutorial](./tutorial.md) and of [Command line](./cli.md).
`;

/** Plays the story with the built programs in a pseudo-terminal. Returns the page that shows what was on the screen. */
export async function recordFirstSession(version: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'first-'));
  const mailbox = await startMailbox();
  const port = await freePort();
  const server = `http://127.0.0.1:${port}`;
  const env = await prepareHome(directory, {
    TOKENSD_LISTEN: `127.0.0.1:${port}`,
    TOKENSD_SMTP_URL: mailbox.url,
    TOKENSD_MAIL_FROM: 'tokens@example.com',
  });
  const startedAt = Date.now();
  const terminals = { person: await openTerminal(directory, env), daemon: await openTerminal(directory, env) };
  const words = [
    [env.HOME, '/home/ada'],
    [server, 'http://127.0.0.1:8420'],
    [`127.0.0.1:${port}`, '127.0.0.1:8420'],
    [`node/${process.versions.node}`, 'node/20.19.0'],
    [mailbox.url.replace('smtp://', ''), '127.0.0.1:1025'],
    [version, '1.0.0'],
  ] as const;
  const mask = createMask({ words, startedAt, timeZone });
  try {
    const pages = [introduction];
    for (const chapter of storyOf(server)) pages.push(await play(chapter, terminals, { mailbox, mask, env }));
    return pages.join('\n');
  } finally {
    await terminals.daemon.interrupt();
    await Promise.all([terminals.person.close(), terminals.daemon.close(), mailbox.close()]);
    await rm(directory, { recursive: true, force: true });
  }
}

type Mask = ReturnType<typeof createMask>;
type Environment = Readonly<Record<string, string>>;

/** Types the commands of a chapter. Returns its section of the page. */
async function play(
  chapter: Chapter,
  terminals: { person: Terminal; daemon: Terminal },
  { mailbox, mask, env }: { mailbox: Mailbox; mask: Mask; env: Environment },
): Promise<string> {
  const before = mailbox.received.length;
  const shown: string[] = [];
  for (const line of chapter.lines) {
    if (line.waitFor !== undefined) await succeeds(line.waitFor, env);
    const lines = mask((await run(terminals[line.terminal ?? 'person'], line)).join('\n')).split('\n');
    const [command = '', ...output] = lines;
    shown.push(command, ...realign(output));
  }
  const mails = await mailsSince(mailbox, before, chapter.mails ?? 0);
  const parts = [`## ${chapter.title}`, ...(chapter.text === '' ? [] : [chapter.text]), block(shown)];
  if (mails.length > 0) parts.push(mails.length === 1 ? 'A mail arrives:' : 'Mails arrive:', block(mails.map(mask)));
  return `${parts.join('\n\n')}\n`;
}

/** Types a command and returns what the screen shows until the next prompt. */
async function run(
  terminal: Terminal,
  { command, answers = [], keepsRunningAfter, isRunning }: Line,
): Promise<string[]> {
  if (isRunning) await terminal.interrupt();
  await terminal.begin(command);
  for (const [question, answer] of answers) {
    await terminal.shows(question);
    await terminal.answer(answer);
  }
  if (keepsRunningAfter !== undefined) {
    await terminal.shows(keepsRunningAfter);
    return terminal.screen();
  }
  await terminal.isReady();
  return (await terminal.screen()).slice(0, -1);
}

/** Repeats a command of the shell until it succeeds. The daemon saves uses a moment after they happen. */
async function succeeds(command: string, env: Environment): Promise<void> {
  const end = performance.now() + maxWaitMs;
  for (;;) {
    const { error } = await new Promise<{ error: Error | null }>((resolve) => {
      execFile('bash', ['-c', command], { env }, (error) => resolve({ error }));
    });
    if (error === null) return;
    if (performance.now() > end) throw new Error(`This never succeeded: ${command}`, { cause: error });
    await setTimeout(200);
  }
}

/** Waits for the mails of a chapter. Mails of one moment may arrive in any order. */
async function mailsSince({ received }: Mailbox, before: number, expected: number): Promise<string[]> {
  const end = performance.now() + maxWaitMs;
  while (received.length < before + expected) {
    if (performance.now() > end) throw new Error(`${received.length - before} of ${expected} mails arrived.`);
    await setTimeout(50);
  }
  return received
    .slice(before)
    .map(({ to, subject }) => `To: ${to}  Subject: ${subject}`)
    .sort();
}

function block(lines: readonly string[]): string {
  return ['```', ...lines, '```'].join('\n');
}

/** Makes a home directory with the programs on its path. Returns the environment of a shell in it. */
async function prepareHome(directory: string, settings: Record<string, string>) {
  const [home, bin] = [join(directory, 'home'), join(directory, 'bin')];
  await Promise.all([mkdir(home, { mode: 0o700 }), mkdir(bin)]);
  for (const program of ['tokens', 'tokensd']) {
    const script = `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'bin', `${program}.js`)}' "$@"\n`;
    await writeFile(join(bin, program), script, { mode: 0o755 });
  }
  return { PATH: `${bin}:${process.env.PATH}`, HOME: home, LANG: 'C.UTF-8', HISTFILE: '', TZ: timeZone, ...settings };
}

/** Returns a port on which nothing listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => void server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
