import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context, OutputStream, Prompts } from '../../../cli/context.ts';
import type { CredentialStore } from '../../../cli/credentials/store.ts';
import { localError } from '../../../cli/errors.ts';
import { main } from '../../../cli/main.ts';
import type { Config } from '../../../server/config/config.ts';
import { type Member, openTestApp, password, type TestApp } from '../app/app.ts';

export const serverUrl = 'https://tokens.example.com';

/** The exit code and output of one run of the program. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** The surroundings of one run; everything has a default. */
export interface Surroundings {
  env?: Record<string, string>;
  /** Standard input: its text, or chunks as they arrive. */
  stdin?: string | AsyncIterable<Uint8Array>;
  /** Makes stdout a terminal of this width. Default: a pipe. */
  columns?: number;
  /** Answers to prompts, in order; `cancel` is Ctrl-C. Makes stdin and stderr terminals. */
  answers?: (string | boolean | typeof cancel)[];
  keychain?: CredentialStore | null;
  /** Default: it may ask the person to unlock it. */
  keychainIsUnlocked?: boolean;
  fetch?: typeof fetch;
  /** The home directory. Default: none. */
  home?: string;
  /** Makes stderr a terminal without answers to prompts. */
  stderrIsTTY?: boolean;
  /** Called at each write to stdout. */
  onWrite?: () => void;
  /** Fails every write to stderr with this system error. */
  stderrFails?: string;
  /** Fails every write to stdout with this system error. */
  stdoutFails?: string;
  now?: Date;
  /** Time zone of a terminal. Default: UTC, so that no test depends on the machine. */
  timeZone?: string;
  signal?: AbortSignal;
  /** Opens an address in the browser. Default: there is no browser. */
  openBrowser?: (url: string) => Promise<boolean>;
  /** Runs a command. Default: this test expects none. */
  runCommand?: Context['runCommand'];
  /** Milliseconds since the process started. Default: 0. */
  sinceStart?: number;
  /** Waits this many milliseconds. Default: returns immediately. */
  sleep?: (ms: number) => Promise<void>;
}

export const cancel = Symbol('Ctrl-C');

/** Makes stderr a terminal without colors, so that a test sees confirmations and advice. Scripts get neither. */
export const onTerminal: Surroundings = { stderrIsTTY: true, env: { NO_COLOR: '1' } };

export interface TestCli {
  run(argv: string[], surroundings?: Surroundings): Promise<Ran>;
  /** Every prompt of all runs. */
  questions: string[];
  keychain: FakeKeychain;
  configDir: string;
  close(): Promise<void>;
}

/** Runs the program in this process, with its own configuration directory and an in-memory keychain. */
export async function openTestCli(defaults: Surroundings = {}): Promise<TestCli> {
  const root = await mkdtemp(join(tmpdir(), 'tokens-cli-'));
  const configDir = join(root, 'config');
  const keychain = fakeKeychain();
  const questions: string[] = [];
  let runs = 0;
  return {
    questions,
    keychain,
    configDir,
    async run(argv, surroundings = {}) {
      runs += 1;
      const given = { keychain, ...defaults, ...surroundings };
      const env = { TOKENS_CONFIG_DIR: configDir, ...defaults.env, ...surroundings.env };
      const stdout = fakeStream(given.columns, given.stdoutFails, given.onWrite);
      const stderr = fakeStream(given.answers || given.stderrIsTTY ? 80 : undefined, given.stderrFails);
      const ctx = fakeContext({ ...given, env }, stdout, stderr, questions, runs);
      const code = await main(argv, ctx);
      return { code, stdout: stdout.text(), stderr: stderr.text() };
    },
    close: () => rm(root, { recursive: true, force: true }),
  };
}

/** Runs the program against an in-process daemon, without sockets. */
export async function openTestCliWithApp(
  settings: Partial<Config> = {},
  defaults: Surroundings = {},
): Promise<TestCli & { app: TestApp; as: (member: Member) => Surroundings }> {
  const app = await openTestApp(settings);
  const cli = await openTestCli({
    fetch: appFetch(app),
    ...defaults,
    env: { TOKENS_SERVER: serverUrl, ...defaults.env },
  });
  return {
    ...cli,
    app,
    run: (argv, surroundings) => cli.run(argv, { now: new Date(app.clock.now()), ...surroundings }),
    as: (member) => ({ env: { TOKENS_SESSION: member.session } }),
    close: async () => {
      await cli.close();
      await app.close();
    },
  };
}

export { password };

/** Returns a `fetch` that passes requests to the app. */
export function appFetch(app: TestApp): typeof fetch {
  return (input, init) => app.fetchApp(new Request(input as string, init));
}

export interface FakeKeychain extends CredentialStore {
  entries: Map<string, string>;
}

export function fakeKeychain(): FakeKeychain {
  const entries = new Map<string, string>();
  return {
    entries,
    get: async (account) => entries.get(account) ?? null,
    set: async (account, secret) => void entries.set(account, secret),
    delete: async (account) => void entries.delete(account),
  };
}

/** A keychain that appears empty and rejects writes, like a locked keyring. */
export const lockedKeychain: CredentialStore = {
  get: async () => null,
  set: async () => {
    throw localError('no-keychain', 'The OS keychain does not work: it is locked.');
  },
  delete: async () => undefined,
};

/** Returns a time as a terminal in UTC shows it: `2 Mar 2027, 14:05 UTC`. */
export function shownTime(time: string | undefined): string {
  const [, day, month, year, clock] = /, (\d+) (\w+) (\d+) (\d\d:\d\d)/.exec(new Date(time ?? '').toUTCString()) ?? [];
  return `${Number(day)} ${month} ${year}, ${clock} UTC`;
}

/** Returns an empty context, which is enough to build the program. */
export function bareContext(): Context {
  return fakeContext({}, fakeStream(undefined), fakeStream(undefined), [], 0);
}

function fakeContext(
  given: Surroundings,
  stdout: OutputStream,
  stderr: OutputStream,
  questions: string[],
  run: number,
): Context {
  let uuidCount = 0;
  return {
    version: '1.2.3',
    runtime: 'node/20.0.0 test',
    env: given.env ?? {},
    homeDirectory: () => given.home ?? null,
    stdin: {
      isTTY: given.answers !== undefined,
      read: async function* () {
        const { stdin = '' } = given;
        if (typeof stdin === 'string') yield Buffer.from(stdin);
        else yield* stdin;
      },
    },
    stdout,
    stderr,
    signal: given.signal ?? new AbortController().signal,
    now: () => given.now ?? new Date('2026-11-23T16:20:00.000Z'),
    timeZone: given.timeZone ?? 'UTC',
    uuid: () => {
      uuidCount += 1;
      return `run-${run}-uuid-${uuidCount}`;
    },
    fetch: async () =>
      given.fetch ??
      (() => {
        throw new Error('This test did not expect a network request.');
      }),
    keychain: async () => given.keychain ?? null,
    keychainIsUnlocked: async () => given.keychainIsUnlocked ?? false,
    openBrowser: given.openBrowser ?? null,
    runCommand:
      given.runCommand ??
      (() => {
        throw new Error('This test did not expect a command.');
      }),
    sinceStart: () => given.sinceStart ?? 0,
    sleep: given.sleep ?? (async () => undefined),
    prompts: async () => fakePrompts(given.answers ?? [], questions, stderr),
  };
}

function fakePrompts(answers: Surroundings['answers'] & object, questions: string[], stderr: OutputStream): Prompts {
  const next = async (question: string) => {
    questions.push(question);
    const answer = answers.shift();
    if (answer === cancel) throw localError('cancelled', 'Cancelled.');
    if (answer === undefined) throw new Error(`The test has no answer to: ${question}`);
    return answer;
  };
  return {
    text: async (question, { initial = '', check = () => null } = {}) => {
      for (;;) {
        const answer = String(await next(question)) || initial;
        const refusal = check(answer);
        if (refusal === null) return answer;
        await stderr.write(`> ${refusal}\n`);
      }
    },
    choose: async (question, choices) => {
      const answer = String(await next(question));
      if (!choices.includes(answer)) throw new Error(`${answer} is none of ${choices.join(', ')}`);
      return answer;
    },
    optionalText: async (question) => String(await next(question)),
    secret: async (question) => String(await next(question)),
    confirm: async (question) => (await next(question)) === true,
  };
}

function fakeStream(
  columns: number | undefined,
  fails?: string,
  onWrite: () => void = () => {},
): OutputStream & { text(): string } {
  let written = '';
  return {
    isTTY: columns !== undefined,
    columns: columns ?? 80,
    text: () => written,
    write: async (text) => {
      if (fails !== undefined) throw Object.assign(new Error(`write ${fails}`), { code: fails, syscall: 'write' });
      onWrite();
      written += text;
    },
  };
}
