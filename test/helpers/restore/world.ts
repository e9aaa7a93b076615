import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runRestore } from '../../../server/commands/restore.ts';
import { readConfig } from '../../../server/config/config.ts';
import { systemActor } from '../../../server/domain/caller.ts';
import { systemClock } from '../../../server/domain/clock.ts';
import { createIds } from '../../../server/domain/secrets.ts';
import { createServices } from '../../../server/services.ts';
import { backUp } from '../../../server/store/maintenance/backup.ts';
import { type Restored, type RestoreOptions, restore } from '../../../server/store/maintenance/restore/restore.ts';
import { openStore } from '../../../server/store/open.ts';
import type { Store } from '../../../server/store/store.ts';
import { type CommandResult, runCommand } from '../app/commands.ts';
import { openTestStore } from '../app/store.ts';
import { storeSession } from '../sign-in/stored-session.ts';

const clientInfo = { ip: null, userAgent: null };

export interface IssuedToken {
  id: string;
  value: string;
}

/** The work of a daemon on its database while it runs. */
export interface Running {
  store: Store;
  services: ReturnType<typeof createServices>;
  addMember(email: string): Promise<{ id: string }>;
  create(name: string): Promise<IssuedToken>;
  revoke(token: IssuedToken): Promise<void>;
  /** Changes the password of a member, as the daemon records it. */
  setPasswordHash(id: string, hash: string): Promise<void>;
}

export type World = Awaited<ReturnType<typeof openWorld>>;

/** Opens a data directory with the database of two members, `root` and `dev`. */
export async function openWorld() {
  const directory = await mkdtemp(join(tmpdir(), 'tokens-restore-'));
  const path = join(directory, 'tokens.db');
  const config = readConfig({ HOME: '/nowhere' });
  const newId = createIds(systemClock);

  /** Runs a daemon on the database, without sockets, until `work` is done. */
  async function serve<T>(work: (running: Running) => Promise<T>): Promise<T> {
    const store = await openStore(`sqlite:${path}`);
    try {
      await store.migrate();
      const services = createServices({ store, clock: systemClock, config, mailQueued: () => {} });
      const member = async (email: string) => {
        const user = await store.users.findByEmail(email);
        if (user === null) throw new Error(`There is no member ${email}`);
        return { user, clientInfo, channel: 'cli' as const };
      };
      return await work({
        store,
        services,
        addMember: (email) =>
          services.users.createBy(systemActor, clientInfo, {
            email,
            name: '',
            superuser: false,
            can_manage_tokens: true,
          }),
        async create(name) {
          const { token, secret } = await services.tokens.create(await member('dev@example.com'), {
            name,
            expires_at: null,
          });
          return { id: token.id, value: secret?.reveal() ?? '' };
        },
        async revoke({ id }) {
          const root = await member('root@example.com');
          const at = { userId: root.user.id, at: systemClock.now() };
          const caller = { ...root, sessionId: await storeSession(store, services.sessionLifetimes, at) };
          await services.tokens.revoke(caller, id);
        },
        async setPasswordHash(id, hash) {
          const user = await store.users.findById(id);
          if (user === null) throw new Error('No such member');
          await store.users.setPasswordHash(id, hash);
          const event = { at: systemClock.now(), actor: systemActor, clientInfo, user };
          await services.auditTrail.user(store, 'user.password_changed', event);
        },
      });
    } finally {
      await store.close();
    }
  }

  const fresh = await openTestStore();
  await fresh.store.close();
  await copyFile(fresh.path, path);
  await fresh.close();
  const members = await serve(async ({ services, addMember }) => {
    const body = { email: 'root@example.com', name: '', superuser: true, can_manage_tokens: true };
    const root = await services.users.createBy(systemActor, clientInfo, body);
    return { root, dev: await addMember('dev@example.com') };
  });

  return {
    ...members,
    directory,
    path,
    serve,
    /** Makes a backup and returns its path. */
    async backup(name: string): Promise<string> {
      const file = join(directory, name);
      await backUp(path, file);
      return file;
    },
    /** Restores a backup without the command around it. */
    restore: (file: string, options: Partial<RestoreOptions> = {}): Promise<Restored> =>
      restore({ databasePath: path, file, event: { id: newId(), at: systemClock.now() }, ...options }),
    /** Runs `tokensd restore`. */
    tokensdRestore: (file?: string, ...flags: Array<'--without-history' | '--undo'>): Promise<CommandResult> =>
      runCommand({ TOKENSD_DATA_DIR: directory }, (context) =>
        runRestore(context, file, {
          withoutHistory: flags.includes('--without-history'),
          undo: flags.includes('--undo'),
        }),
      ),
    /** Returns what the daemon decides about tokens: `allowed`, or the deny reason. */
    verdicts: (...tokens: IssuedToken[]): Promise<string[]> =>
      serve(({ services }) =>
        Promise.all(
          tokens.map(async ({ value }) => {
            const verdict = await services.verify(value);
            return verdict.allowed ? 'allowed' : verdict.reason;
          }),
        ),
      ),
    close: () => rm(directory, { recursive: true, force: true }),
  };
}
