import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { pseudonymOf } from '../../server/pseudonym.ts';
import { addDeveloper, type Client } from '../helpers/daemon/api.ts';
import { useNodes } from '../helpers/daemon/nodes.ts';
import { eventually } from '../helpers/daemon/process.ts';
import { hasRealParts, postgresBinaries } from '../helpers/peers/real-parts.ts';

const gone = 'zebedee@example.com';

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tokensd-node-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Returns the files of mails of a node, and those of them that name the member. */
async function spoolOf(dataDir: string): Promise<{ all: string[]; naming: string[] }> {
  const directory = join(dataDir, 'mail');
  const all = (await readdir(directory).catch(() => [])).filter((name) => name.endsWith('.eml'));
  const texts = await Promise.all(all.map((name) => readFile(join(directory, name), 'utf8').catch(() => '')));
  return { all, naming: all.filter((_name, index) => texts[index]?.includes(gone)) };
}

const dump = (databaseUrl: string) =>
  execFileSync(join(postgresBinaries(), 'pg_dump'), ['--dbname', databaseUrl], { encoding: 'utf8', maxBuffer: 1e9 });

/** Has the member and others do things that are mailed, and ends the member's account. Returns the member's ID. */
async function leave(url: string, root: Client): Promise<string> {
  const member = await addDeveloper(url, root, gone);
  for (const name of ['one', 'two']) await member.createToken(name);
  await root.createToken('of another', { description: `by ${gone}` });
  await root.request('PATCH', `/users/${member.user.id}`, { disabled: true });
  return member.user.id;
}

describe.skipIf(!hasRealParts('postgres', 'pg_dump'))('erasure at one of several nodes without a mail server', () => {
  const nodes = useNodes('debian', 1);

  it('deletes the files of mails at every node, and leaves the address in no dump made afterwards', async () => {
    const { daemons, root, start, databaseUrl } = nodes();
    const [first] = daemons;
    if (first === undefined) throw new Error('No daemon');
    const [here, running, stopped] = [first.dataDir, await newDirectory(), await newDirectory()];
    const id = await leave(first.url, root);
    const mails = await eventually(async () => {
      const { all, naming } = await spoolOf(here);
      return naming.length >= 2 && all.length > naming.length ? all : undefined;
    }, 'mails in files');
    for (const dataDir of [running, stopped]) await cp(join(here, 'mail'), join(dataDir, 'mail'), { recursive: true });
    await start({ TOKENSD_DATA_DIR: running });
    expect(dump(databaseUrl)).toContain(gone);
    expect((await root.request('POST', `/users/${id}/erase`)).status).toBe(204);
    expect(dump(databaseUrl)).not.toContain(gone);
    expect(dump(databaseUrl)).toContain(pseudonymOf(id));
    expect((await spoolOf(here)).naming).toEqual([]);
    expect((await spoolOf(stopped)).naming.length).toBeGreaterThanOrEqual(2);
    await start({ TOKENSD_DATA_DIR: stopped });
    for (const dataDir of [stopped, running]) {
      await eventually(async () => (await spoolOf(dataDir)).naming.length === 0, `no mail in ${dataDir}`, 120_000);
      const { all } = await spoolOf(dataDir);
      expect(all.length).toBeGreaterThan(0);
      expect(mails).toEqual(expect.arrayContaining(all.filter((name) => mails.includes(name))));
    }
  }, 240_000);
});
