import { z } from 'zod';
import { limits } from '../../../../shared/limits.ts';
import { foldName } from '../../../../shared/names.ts';
import { ProblemError } from '../../../../shared/problem.ts';
import type { Identity, SessionRecord, UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { actorOf, type Caller } from '../../caller.ts';
import { generateSecret, hashSecret, type Secret } from '../../secrets.ts';
import { endAllSessions, lockActiveSession } from '../end-sessions.ts';
import { voidLinks } from '../links/mailed-links.ts';
import { type ConfirmPasswordDeps, confirmPassword, requireSamePassword } from '../password/confirm-password.ts';
import { passwordSignInOff, sessionEnded } from '../problems.ts';
import { type ClaimDeps, followClaims } from './follow-claims.ts';
import { type SignInNote, ssoRefused } from './notes.ts';
import { acceptedEmail, type Person } from './person.ts';
import { addressOfAnother, identityOfAnother } from './refusals.ts';
import { dropSsoGroups } from './sso-groups.ts';

/** A session in which a member connects single sign-on, and the request. */
export interface ConnectingSession {
  caller: Caller;
  session: SessionRecord;
}

/** An identity that waits for the member's confirmation. */
export interface Proposal {
  person: Person;
  /** The identity that it would replace. Null if the member has none, or this one. */
  replaces: Identity | null;
}

/**
 * Connects a member who signs in with a password to an identity at the identity provider:
 *
 * 1. `begin` sends the browser to the provider. The state of the request is a ticket of this session.
 * 2. `receive` uses that ticket up when the browser comes back. Only the session that began has one.
 * 3. `propose` keeps what the provider said. The page shows it, because the browser may be signed in there as someone else.
 * 4. `confirm` connects it, after the member has entered their password.
 */
export interface SsoConnection {
  /** Returns the member's identity, or null. */
  identityOf(user: Pick<UserRecord, 'id'>): Promise<Identity | null>;
  /** Reports whether the member can connect an identity in this session: it began with a password that still counts. */
  isPossible(connecting: ConnectingSession): boolean;
  /** @throws ProblemError `password-sign-in-off`, `sso-refused`, `not-authenticated` */
  begin(connecting: ConnectingSession, state: string): Promise<void>;
  /** @throws SsoRefusal unless this session began with `state` within the last ten minutes, and uses it for the first time */
  receive(connecting: ConnectingSession, state: string): Promise<void>;
  /** Returns the secret for `confirm`. @throws SsoRefusal if the identity, or its address, is another member's */
  propose(connecting: ConnectingSession, person: Person): Promise<Secret>;
  /** Returns what was proposed in this session. @throws ProblemError `form-expired` */
  find(connecting: ConnectingSession, secret: string): Promise<Proposal>;
  /**
   * Connects the proposed identity, and follows the provider's claims as a sign-in does. The password stays. If the member
   * had another identity, their other sessions end.
   *
   * @throws ProblemError `wrong-password`, `throttled`, `password-sign-in-off`, `form-expired`, `sso-refused`
   */
  confirm(connecting: ConnectingSession, secret: string, password: string): Promise<Connected>;
}

export interface Connected {
  groupsUnclear: boolean;
  notes: SignInNote[];
}

interface ConnectDeps extends ClaimDeps, ConfirmPasswordDeps {
  store: Store;
}

const personSchema: z.ZodType<Person> = z.object({
  issuer: z.string(),
  subject: z.string(),
  email: z.string().nullable(),
  emailVerified: z.boolean().nullable(),
  name: z.string().nullable(),
  groups: z.object({
    listed: z.array(z.string()),
    untold: z.enum(['missing', 'overage', 'unreadable']).nullable(),
  }),
  sid: z.string().nullable(),
  received: z.array(z.string()),
  notes: z.array(z.never()),
});
const proposalSchema = z.object({ sessionId: z.string(), person: personSchema });

export function createSsoConnection(deps: ConnectDeps): SsoConnection {
  const { store, clock, policy } = deps;

  const insertTicket = async (
    { caller, session }: ConnectingSession,
    { hash, kind, data }: { hash: string; kind: 'sso-connect' | 'sso-proposal'; data: object },
  ) => {
    const createdAt = clock.now();
    const times = { createdAt, expiresAt: createdAt + limits.ssoSignInLifetimeMs };
    const text = JSON.stringify({ sessionId: session.id, ...data });
    await store.transaction(async (store) => {
      if (!(await lockActiveSession(store, session))) throw sessionEnded();
      await store.tickets.insert({ hash, kind, userId: caller.user.id, data: text, ...times });
    });
  };

  const isPossible: SsoConnection['isPossible'] = ({ caller: { user }, session }) =>
    !session.sso && user.passwordHash !== null && deps.passwordPolicy.allows(user);

  const find = async ({ session }: ConnectingSession, secret: string): Promise<Person> => {
    const ticket = await store.tickets.find(hashSecret(secret), 'sso-proposal', clock.now());
    const proposal = ticket && proposalSchema.parse(JSON.parse(ticket.data));
    if (proposal?.sessionId !== session.id) throw expired();
    return proposal.person;
  };

  return {
    identityOf: ({ id }) => store.users.identityOf(id),
    isPossible,

    async begin(connecting, state) {
      if (!isPossible(connecting)) throw connecting.session.sso ? alreadySso() : passwordSignInOff();
      await insertTicket(connecting, { hash: hashSecret(state), kind: 'sso-connect', data: {} });
    },

    async receive({ session }, state) {
      const ticket = await store.tickets.consume(hashSecret(state), 'sso-connect', clock.now());
      if (ticket === null || JSON.parse(ticket.data).sessionId !== session.id) throw notBegunHere();
    },

    async propose(connecting, { notes: _, ...person }) {
      const proposed = { ...person, notes: [] };
      await requireFree(store, connecting.caller.user.id, proposed, policy);
      const secret = generateSecret('ssoProposal');
      await insertTicket(connecting, { hash: secret.hash(), kind: 'sso-proposal', data: { person: proposed } });
      return secret;
    },

    async find(connecting, secret) {
      const person = await find(connecting, secret);
      return { person, replaces: await replacedBy(store, connecting.caller.user.id, person) };
    },

    async confirm(connecting, secret, password) {
      const { caller } = connecting;
      const person = await find(connecting, secret);
      await confirmPassword(deps, caller, password, '/password');
      const connected = await store.transaction(async (store) => {
        // 1. Lock all superusers and the member before the session and the ticket, in the order of every transaction.
        await store.users.lockSuperusers(caller.user.id);
        await requireSamePassword(store, caller, '/password');
        if (!(await store.sessions.lock(connecting.session.id))) throw sessionEnded();
        // 2. Take the ticket. Of concurrent requests, one gets it.
        if ((await store.tickets.consume(hashSecret(secret), 'sso-proposal', clock.now())) === null) throw expired();
        return connect(deps, store, caller, person);
      });
      deps.notifier.wake();
      return connected;
    },
  };
}

async function connect(deps: ConnectDeps, store: Store, caller: Caller, person: Person): Promise<Connected> {
  const { clock, auditTrail, notifier, policy } = deps;
  const { user, clientInfo, sessionId } = caller;
  await requireFree(store, user.id, person, policy);
  const replaced = await replacedBy(store, user.id, person);
  if (!(await store.users.setIdentity(user.id, person))) throw identityOfAnother(person);
  // The groups of another identity. The provider may not list those of the new one.
  if (replaced !== null) await dropSsoGroups(deps, store, user.id, { clientInfo });
  const { user: present, unclear, notes } = await followClaims(deps, store, user.id, { person, clientInfo });
  // Links to set a password are for members without single sign-on only.
  await voidLinks(store, user.id);
  if (replaced !== null) await endAllSessions(store, user.id, sessionId);
  const event = { at: clock.now(), actor: actorOf(user), clientInfo };
  await auditTrail.user(store, 'user.sso_connected', { ...event, user });
  // Mail the former address, because the new identity may have brought its own.
  await notifier.ssoConnected(store, { ...event, owner: user, email: present.email, person, replaced });
  const fields = { user: user.id, issuer: person.issuer, subject: person.subject };
  const note: SignInNote = { level: 'info', message: 'a member connected their account to an identity', fields };
  return { groupsUnclear: unclear, notes: [note, ...notes] };
}

/** @throws SsoRefusal if the identity, or an address of it that counts, is another member's */
async function requireFree(store: Store, userId: string, person: Person, policy: ConnectDeps['policy']): Promise<void> {
  const bound = await store.users.findByIdentity(person);
  if (bound !== null && bound.id !== userId) throw identityOfAnother(person);
  const email = acceptedEmail(person, policy);
  const holder = email === null ? null : await store.users.findByEmail(foldName(email));
  if (email !== null && holder !== null && holder.id !== userId) throw addressOfAnother(person, email);
}

async function replacedBy(store: Store, userId: string, { issuer, subject }: Identity): Promise<Identity | null> {
  const present = await store.users.identityOf(userId);
  return present?.issuer === issuer && present.subject === subject ? null : present;
}

function alreadySso(): ProblemError {
  return ssoRefused('You signed in with single sign-on. Sign in with your password to connect another identity.');
}

function notBegunHere(): ProblemError {
  return ssoRefused(
    'This request was started in another session, was used before, or has expired. Start again on your profile.',
  );
}

function expired(): ProblemError {
  return new ProblemError('form-expired', 'This took too long, or was confirmed already. Start again on your profile.');
}
