import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  appFetch,
  cancel,
  onTerminal,
  openTestCliWithApp,
  password,
  type Surroundings,
} from '../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let root: Surroundings;
let directory: string;
beforeEach(async () => {
  cli = await openTestCliWithApp({ smtpUrl: 'smtp://127.0.0.1:1' });
  root = cli.as(cli.app.root);
  directory = await mkdtemp(join(tmpdir(), 'tokens-members-'));
});
afterEach(async () => {
  await cli.close();
  await rm(directory, { recursive: true });
});

const add = (stdin: string, more: string[] = [], surroundings: Surroundings = {}) =>
  cli.run(['users', 'add', '--file', '-', ...more], { ...root, stdin, ...surroundings });
const member = (email: string) => cli.app.store.users.findByEmail(email);
const mailed = async () => (await cli.app.mails()).map(({ to }) => to);
/** Returns the addresses of all members. */
const emails = async () =>
  JSON.parse((await cli.run(['users', 'list', '--json'], root)).stdout).map(({ email }: { email: string }) => email);

describe('tokens users add --file', () => {
  it('adds and invites every member of a CSV file, and writes nothing in a script', async () => {
    const path = join(directory, 'members.csv');
    await writeFile(path, 'email,name,grant\nada@example.com,"Lovelace, Ada",yes\neve@example.com,,no\n');
    expect(await cli.run(['users', 'add', '--file', path], root)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await member('ada@example.com')).toMatchObject({ name: 'Lovelace, Ada', canManageTokens: true });
    expect(await member('eve@example.com')).toMatchObject({ canManageTokens: false, superuser: false });
    expect((await mailed()).sort()).toEqual(['ada@example.com', 'eve@example.com']);
  });

  it.each([
    ['a byte order mark and CRLF', '\ufeffemail,name\r\nada@example.com,Ada\r\n'],
    ['quotes around all fields', '"email","name"\n"ada@example.com","Ada"\n'],
    ['columns in another order and in capitals', 'Name,EMAIL\nAda,ada@example.com\n'],
    ['spaces, empty lines and no line break at the end', 'email , name\n\n  ada@example.com ,Ada\n,\n\nx@example.com,'],
  ])('reads a file with %s', async (_what, text) => {
    expect((await add(text)).code).toBe(0);
    expect(await member('ada@example.com')).toMatchObject({ name: 'Ada' });
  });

  it('reads what another program writes as CSV', async () => {
    const name = fc.string({ unit: fc.constantFrom(...'aZ é,"\';|='), maxLength: 20 }).map((text) => text.trim());
    const names = fc.sample(name, 100);
    const members = names.map((name, index) => ({ email: `m${index}@example.com`, name }));
    expect(await add(stringify(members, { header: true, bom: true, record_delimiter: '\r\n' }))).toMatchObject({
      code: 0,
      stderr: '',
    });
    for (const { email, name } of members) expect((await member(email))?.name).toBe(name);
  });

  it('gives every member the roles that an option names, unless the file has a column for it', async () => {
    await add('email\nada@example.com\n', ['--grant', '--auditor']);
    expect(await member('ada@example.com')).toMatchObject({ canManageTokens: true, auditor: true, superuser: false });
    const twice = await add('email,grant\neve@example.com,no\n', ['--grant']);
    expect(twice).toMatchObject({ code: 2, stderr: expect.stringContaining('so leave out --grant') });
    expect(await member('eve@example.com')).toBeNull();
  });

  it('says on a terminal who was added, who was there, and who failed and why', async () => {
    const file = 'email\nada@example.com\nDEV@example.com\nbob@example.com\n';
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const isBob = init?.method === 'POST' && String(init.body).includes('bob@');
      if (!isBob) return appFetch(cli.app)(input, init);
      return Response.json(
        { type: 'about:blank', title: 'Bad', status: 400, code: 'invalid-fields', detail: 'Bob is not welcome.' },
        { status: 400, headers: { 'content-type': 'application/problem+json' } },
      );
    };
    const { code, stdout, stderr } = await add(file, [], {
      fetch,
      ...onTerminal,
      env: { ...onTerminal.env, ...root.env },
    });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.split('\n')).toEqual([
      'Added 1 member and mailed an invitation. Already there, and not changed: DEV@example.com. Not added: bob@example.com. Run the command again to add those who are missing.',
      'error: bob@example.com (line 4) was not added. Bob is not welcome.',
      '',
    ]);
  });

  it('exits with 0 if all members are there, and changes none of them', async () => {
    const before = await member('dev@example.com');
    expect(await add('email,superuser\ndev@example.com,yes\n')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await member('dev@example.com')).toEqual(before);
  });

  it('prints one JSON object for each member with --json', async () => {
    const { code, stdout, stderr } = await add('email\nada@example.com\ndev@example.com\n', ['--json']);
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([
      expect.objectContaining({ email: 'ada@example.com', outcome: 'added', status: 'invited' }),
      { email: 'dev@example.com', outcome: 'present' },
    ]);
  });

  it('stops at once if the others would fail in the same way, and names nobody twice', async () => {
    const { code, stderr } = await add('email\na@example.com\nb@example.com\n', [], cli.as(cli.app.dev));
    expect(code).toBe(4);
    expect(stderr.match(/error:/g)).toHaveLength(1);
    expect(stderr).toContain('a@example.com (line 2) was not added.');
  });

  it('adds those who are missing when it runs again', async () => {
    let requests = 0;
    const fetch: typeof globalThis.fetch = async (input, init) => {
      requests += 1;
      if (requests === 3)
        throw Object.assign(new TypeError('fetch failed'), {
          cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }),
        });
      return appFetch(cli.app)(input, init);
    };
    const file = 'email\na@example.com\nb@example.com\nc@example.com\nd@example.com\n';
    const terminal = { fetch, ...onTerminal, env: { ...onTerminal.env, ...root.env } };
    const broken = await add(file, [], terminal);
    expect(broken.code).toBe(6);
    expect(broken.stderr).toContain(
      'Added 2 members and mailed their invitations. Not added: c@example.com. Not tried: 1.',
    );
    expect((await add(file)).code).toBe(0);
    expect(await emails()).toEqual(expect.arrayContaining(['a@example.com', 'c@example.com', 'd@example.com']));
  });
});

describe('a file that gives a role, an hour after the confirmation', () => {
  const file = 'email,superuser\nada@example.com,no\neve@example.com,yes\nmax@example.com,no\n';
  let path: string;
  let later: Surroundings;
  beforeEach(async () => {
    path = join(directory, 'members.csv');
    await writeFile(path, file);
    later = { env: { TOKENS_SESSION: await cli.app.signIn(cli.app.root.id) } };
    cli.app.clock.advance(61 * 60_000);
  });
  const addFile = (surroundings: Surroundings) =>
    cli.run(['users', 'add', '--file', path], { ...later, ...surroundings });
  const added = async () => (await emails()).filter((email: string) => /^(ada|eve|max)@/.test(email)).sort();

  it('asks for the confirmation before the first member, once', async () => {
    const { code, stderr } = await addFile({ answers: [password] });
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('the file makes eve@example.com an Organization Super'),
    ]);
    expect(cli.questions).toEqual(['Password']);
    expect(await added()).toEqual(['ada@example.com', 'eve@example.com', 'max@example.com']);
  });

  it.each<[string, number, Surroundings]>([
    ['without a terminal', 4, {}],
    ['after Ctrl-C', 130, { answers: [cancel] }],
    ['after a wrong password', 4, { answers: ['wrong'] }],
  ])('adds nobody %s', async (_when, exitCode, surroundings) => {
    expect((await addFile(surroundings)).code).toBe(exitCode);
    expect(await added()).toEqual([]);
  });

  it('asks nothing if the file gives no role', async () => {
    await writeFile(path, 'email,grant\nada@example.com,yes\n');
    expect(await addFile({})).toMatchObject({ code: 0, stderr: '' });
  });

  it('sends nothing after Ctrl-C at a question between two changes', async () => {
    await cli.run(['users', 'add', 'eve@example.com'], later);
    const requests: string[] = [];
    const fetch: typeof globalThis.fetch = async (input, init) => {
      requests.push(`${init?.method ?? 'GET'} ${new URL(String(input)).pathname}`);
      return appFetch(cli.app)(input, init);
    };
    const promote = ['users', 'promote', 'dev@example.com', 'eve@example.com'];
    const { code, stderr } = await cli.run(promote, { ...later, fetch, answers: [cancel] });
    expect([code, stderr.match(/Cancelled/g)]).toEqual([130, ['Cancelled']]);
    expect(requests.filter((request) => request.startsWith('PATCH'))).toHaveLength(1);
    expect(requests.at(-1)).toBe('GET /api/v1/sessions/current');
  });
});

describe('a server that cannot send mail', () => {
  it('makes the command print the address and the link of each member', async () => {
    await cli.close();
    cli = await openTestCliWithApp();
    const { code, stdout } = await add('email\nada@example.com\neve@example.com\n', [], cli.as(cli.app.root));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ada@example\.com\thttps:\S+\neve@example\.com\thttps:\S+\n$/);
  });

  it('is not needed with --no-mail, which invites nobody', async () => {
    expect((await add('email\nada@example.com\n', ['--no-mail'])).code).toBe(0);
    expect(await mailed()).toEqual([]);
  });
});

describe('a file with mistakes', () => {
  const many = Array.from({ length: 1_001 }, (_, index) => `m${index}@example.com`).join('\n');

  it.each([
    ['no header', 'ada@example.com,Ada\n', '-:1: The first line names the columns'],
    ['nothing in it', '', '-:1: The first line names the columns'],
    ['no column for addresses', 'name\nAda\n', '-:1: There is no column "email".'],
    ['an unknown column', 'email,nmae\na@example.com,x\n', '-:1: The column "nmae" is not known. Did you mean "name"?'],
    [
      'a column of the API',
      'email,groups\na@example.com,x\n',
      'The columns are email, name, superuser, auditor, grant.',
    ],
    [
      'a column twice',
      'email,email\na@example.com,b@example.com\n',
      '-:1: The column "email" is there more than once.',
    ],
    ['semicolons', 'email;name\na@example.com;A\n', '-:1: Separate the columns with commas'],
    ['no address', 'email,name\na@example.com,A\n,B\n', '-:3: Enter an email address such as ada@example.com.'],
    ['a wrong address', 'email\na@example.com\nnobody\n', '-:3: Enter an email address such as ada@example.com.'],
    ['a long name', `email,name\na@example.com,${'x'.repeat(65)}\n`, '-:2: A name must have at most 64 characters'],
    [
      'neither yes nor no',
      'email,grant\na@example.com,maybe\n',
      '-:2: The column "grant" cannot be "maybe". Write yes or no.',
    ],
    [
      'too many fields',
      'email,name\na@example.com,Lovelace, Ada\n',
      '-:2: There are 3 fields, but 2 columns. Put quotes',
    ],
    ['too few fields', 'email,name\n\na@example.com\n', '-:3: There are 1 fields, but 2 columns.'],
    ['a member twice', 'email\na@example.com\nb@example.com\nA@Example.com\n', '-:4: A@Example.com is on line 2, too.'],
    ['an open quote', 'email,name\na@example.com,"A\nb@example.com,B\n', 'A quoted field is not closed'],
    ['no members', 'email,name\n', '- lists no members below its header.'],
    ['too many members', `email\n${many}\n`, '- has 1,001 members, more than 1,000. Divide it into several files.'],
    ['too many bytes', `email\n${'x'.repeat(1024 * 1024)}\n`, '- is longer than 1 MiB.'],
  ])('with %s adds nobody', async (_what, text, message) => {
    const before = await emails();
    const { code, stdout, stderr } = await add(`${text}`, [], { fetch: appFetch(cli.app) });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(await emails()).toEqual(before);
  });

  it('is checked before the first request, and all its mistakes are reported with their lines', async () => {
    const text = 'email,grant,name\na@example.com,maybe,A\nnobody,perhaps,B\nc@example.com,yes,C\n';
    const fetch = async () => {
      throw new Error('No request was expected.');
    };
    const { code, stderr } = await add(text, [], { fetch });
    expect(code).toBe(2);
    expect(stderr.split('\n')).toEqual([
      'error: - has 3 mistakes. Nobody was added.',
      '-:2: The column "grant" cannot be "maybe". Write yes or no.',
      '-:3: The column "grant" cannot be "perhaps". Write yes or no.',
      '-:3: Enter an email address such as ada@example.com.',
      '',
    ]);
    const problem = JSON.parse((await add(text, ['--json'], { fetch })).stderr);
    expect(problem).toMatchObject({ code: 'invalid-file', errors: [{ pointer: '#line=2' }, {}, {}] });
  });

  it.each([
    [['users', 'add'], 'Name the new member, or a CSV file'],
    [['users', 'add', 'ada@example.com', '--file', '-'], 'Give either an email address or --file'],
    [['users', 'add', '--file', '-', '--name', 'Ada'], '--name is for one member'],
    [['users', 'add', '--file', '-', '--password-stdin'], '--password-stdin is for one member'],
    [['users', 'add', '--file', '/nowhere/members.csv'], 'There is no file /nowhere/members.csv. Check the path.'],
  ])('is not even read for %j', async (argv, message) => {
    const { code, stderr } = await cli.run(argv, { ...root, stdin: 'email\nada@example.com\n' });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it('is not waited for if standard input is a terminal', async () => {
    const { code, stderr } = await add('', [], { answers: [] });
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('Redirect a file to it, or name the file with --file.'),
    ]);
  });

  it('in another encoding is rejected', async () => {
    const path = join(directory, 'latin.csv');
    await writeFile(path, Buffer.from('email,name\nandre@example.com,Andr\u00e9\n', 'latin1'));
    const { code, stderr } = await cli.run(['users', 'add', '--file', path], root);
    expect([code, stderr]).toEqual([2, expect.stringContaining('is not UTF-8')]);
  });
});
