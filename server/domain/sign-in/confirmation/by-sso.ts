import { z } from 'zod';
import { limits } from '../../../../shared/limits.ts';
import type { Identity } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { Caller } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import { hashSecret } from '../../secrets.ts';
import { lockActiveSession } from '../end-sessions.ts';
import { sessionEnded } from '../problems.ts';
import { type SsoRefusal, ssoRefused } from '../sso/notes.ts';
import { providerSkewMs } from '../sso/sso.ts';

const kind = 'sso-confirm';

const formSchema = z.object({
  /** Path and query that the form is posted to. */
  path: z.string(),
  /** The action. It ends the sentence “Confirm it is you to …”. */
  action: z.string(),
  /** Its fields, without secrets. A name can occur several times. */
  fields: z.array(z.tuple([z.string(), z.string()])),
});

/** A form that waits until the member has confirmed who they are. */
export type WaitingForm = z.infer<typeof formSchema>;

const ticketSchema = z.object({ sessionId: z.string(), form: formSchema });

/** A request to the identity provider, which the browser has come back from. */
export interface AskedProvider {
  /** When the browser was sent to the provider, in milliseconds. */
  askedAt: number;
  form: WaitingForm;
}

/** What the identity provider said about the person in front of the browser. */
export interface ProviderAnswer {
  identity: Identity;
  /** When the provider last asked the person for a proof, in milliseconds. Null if it did not say. */
  authenticatedAt: number | null;
}

/**
 * Confirms with single sign-on:
 *
 * 1. `beginSso` sends the browser to the provider, which is told to ask for a proof again. The state of the request is a ticket of this
 *    session, which holds the form.
 * 2. `receiveSso` uses that ticket up when the browser comes back. Only the session that began has one.
 * 3. `bySso` checks that the provider asked the same person, and that it asked after the request.
 */
export interface SsoConfirmation {
  /** @throws ProblemError `not-authenticated` if the session has just ended */
  beginSso(caller: Caller, state: string, form: WaitingForm): Promise<void>;
  /** @throws SsoRefusal unless this session began with `state` within the last ten minutes, and uses it for the first time */
  receiveSso(caller: Caller, state: string): Promise<AskedProvider>;
  /** @throws SsoRefusal if the provider signed in another person, or did not ask for a proof. @throws ProblemError `not-authenticated` */
  bySso(caller: Caller, asked: AskedProvider, answer: ProviderAnswer): Promise<void>;
}

interface SsoConfirmationDeps {
  store: Store;
  clock: Clock;
  record(store: Store, caller: Caller): Promise<void>;
  recordFailure(caller: Caller): Promise<void>;
}

export function createSsoConfirmation({ store, clock, record, recordFailure }: SsoConfirmationDeps): SsoConfirmation {
  return {
    async beginSso({ user, sessionId }, state, form) {
      const createdAt = clock.now();
      const times = { createdAt, expiresAt: createdAt + limits.ssoSignInLifetimeMs };
      const data = JSON.stringify({ sessionId, form });
      await store.transaction(async (store) => {
        if (!(await lockActiveSession(store, { userId: user.id, id: sessionId }))) throw sessionEnded();
        // Keep one request per session, so that a stolen session cannot fill the database. The browser keeps one, too.
        await store.tickets.deleteAllOf(user.id, kind);
        await store.tickets.insert({ hash: hashSecret(state), kind, userId: user.id, data, ...times });
      });
    },

    async receiveSso({ sessionId }, state) {
      const ticket = await store.tickets.consume(hashSecret(state), kind, clock.now());
      const begun = ticket && ticketSchema.parse(JSON.parse(ticket.data));
      if (ticket === null || begun?.sessionId !== sessionId) throw notBegunHere();
      return { askedAt: ticket.createdAt, form: begun.form };
    },

    async bySso(caller, { askedAt }, { identity, authenticatedAt }) {
      const refusal = refusalOf(askedAt, authenticatedAt, clock.now());
      if (refusal !== null) {
        await recordFailure(caller);
        throw refusal;
      }
      const isSame = await store.transaction(async (store) => {
        // Removing an identity takes this lock too.
        await store.users.lockSuperusers(caller.user.id);
        const bound = await store.users.identityOf(caller.user.id);
        if (bound?.issuer !== identity.issuer || bound.subject !== identity.subject) return false;
        await record(store, caller);
        return true;
      });
      if (isSame) return;
      await recordFailure(caller);
      throw anotherPerson();
    },
  };
}

/** Returns why the proof does not count, or null if it does: the provider asked for it after this request. */
function refusalOf(askedAt: number, authenticatedAt: number | null, now: number): SsoRefusal | null {
  if (authenticatedAt === null) return timeUnknown();
  const isFresh = authenticatedAt >= askedAt - providerSkewMs && authenticatedAt <= now + providerSkewMs;
  return isFresh ? null : notAskedAgain();
}

function notBegunHere(): SsoRefusal {
  return ssoRefused(
    'This confirmation was started in another session or in another tab, or has expired. Go back to the form and send it again.',
  );
}

function anotherPerson(): SsoRefusal {
  return ssoRefused(
    'Your identity provider signed in someone else. Sign in there as yourself, and send the form again.',
  );
}

function timeUnknown(): SsoRefusal {
  return ssoRefused(
    'Your identity provider did not report when you proved who you are, so this does not count. Sign out, sign in again, and send the form within an hour.',
    {
      level: 'warn',
      message: 'a confirmation with single sign-on was refused: the claim is missing although max_age was requested',
      fields: { claim: 'auth_time' },
    },
  );
}

function notAskedAgain(): SsoRefusal {
  return ssoRefused(
    'Your identity provider did not ask you again who you are. Sign out there and here, sign in again, and send the form within an hour.',
    {
      level: 'warn',
      message: 'a confirmation with single sign-on was refused: the provider ignored prompt=login and max_age=0',
      fields: { claim: 'auth_time' },
    },
  );
}
