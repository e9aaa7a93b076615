import type { Child } from 'hono/jsx';
import type { AppContext } from '../../http/context.ts';
import type { UserSummary } from '../../store/records.ts';
import { addressOf, type Place } from '../shell/page-url.ts';
import { Confirm } from '../shell/parts.tsx';
import type { MemberAction } from './member-actions.ts';
import { countOf, memberPath, nameOf } from './member-labels.ts';

interface Subject {
  user: UserSummary;
  /** How many of the member's tokens work now. */
  working: number;
  /** Whether the member is who asks. */
  self: boolean;
}

interface MemberDialogProps extends Subject {
  c: AppContext;
  action: Question;
  /** The page that it is on, and leads back to. */
  place: Place;
}

/** Granting the permission asks nothing. */
export type Question = Exclude<MemberAction, 'grant'>;

/** Asks before something is done to a member, and says all that it will do. */
export function MemberDialog({ c, action, place, ...subject }: MemberDialogProps) {
  const { user } = subject;
  const { title, confirm, danger = false, body } = questions[action];
  return (
    <Confirm
      c={c}
      title={title(nameOf(user))}
      closeHref={`${addressOf(place)}#${action === 'ungrant' ? `permission-${user.id}` : action}`}
      action={`${memberPath(user.id)}/${action}`}
      confirm={confirm}
      danger={danger}
      fields={{ back: addressOf(place) }}
    >
      {body(subject)}
    </Confirm>
  );
}

interface Wording {
  title(name: string): string;
  confirm: string;
  danger?: boolean;
  body(subject: Subject): Child;
}

const questions: Record<Question, Wording> = {
  ungrant: {
    title: (name) => `Remove the permission of ${name}?`,
    confirm: 'Remove the permission',
    danger: true,
    body: ({ user, working }) => (
      <>
        <p>
          {user.email} can no longer create tokens. {blocks(working)}
        </p>
        <p>The permission can be turned on again; blocked tokens then work again.</p>
      </>
    ),
  },
  promote: {
    title: (name) => `Make ${name} an Organization Superuser?`,
    confirm: 'Make superuser',
    body: ({ user }) => (
      <p>
        {user.email} will manage all members, their permission and their tokens, this account included, and read the
        whole audit. Nobody can see the value of a token.
      </p>
    ),
  },
  demote: {
    title: (name) => `Make ${name} an ordinary member?`,
    confirm: 'Remove the role',
    danger: true,
    body: ({ user, self }) => (
      <>
        {self && <Self>You lose these pages at once, and only another superuser can give them back to you.</Self>}
        <p>{user.email} can no longer manage members and their tokens. Own tokens keep working.</p>
      </>
    ),
  },
  enable: {
    title: (name) => `Enable the account of ${name}?`,
    confirm: 'Enable the account',
    body: ({ user }) => (
      <p>
        {user.email} can sign in again.
        {user.tokenCount > 0 &&
          (user.canManageTokens
            ? ` The account has ${countOf(user.tokenCount)}: those that have not expired work again.`
            : ` The account has ${countOf(user.tokenCount)}, which stay blocked until the permission is granted.`)}
      </p>
    ),
  },
  disable: {
    title: (name) => `Disable the account of ${name}?`,
    confirm: 'Disable the account',
    danger: true,
    body: ({ user, working, self }) => (
      <>
        {self && <Self>You are signed out at once, and only another superuser can let you in again.</Self>}
        <p>
          {user.email} is signed out everywhere and cannot sign in. {blocks(working)}
        </p>
        <p>The account can be enabled again; its tokens then work again.</p>
      </>
    ),
  },
  'reset-two-step': {
    title: (name) => `Reset two-step sign-in of ${name}?`,
    confirm: 'Reset two-step sign-in',
    danger: true,
    body: ({ user }) => (
      <>
        <p>
          For somebody who lost the app and the recovery codes: {user.email} can then sign in with the password alone,
          and set it up again. All sessions of the account end.
        </p>
        <p>Make sure that it is really they who ask. A mail tells them of it.</p>
      </>
    ),
  },
  'revoke-tokens': {
    title: (name) => `Revoke all tokens of ${name}?`,
    confirm: 'Revoke all tokens',
    danger: true,
    body: ({ user, working }) => (
      <>
        <p>
          This revokes {countOf(user.tokenCount)} for good, {working} of them working. Whatever sends one is answered
          401 from now on. This cannot be undone.
        </p>
        <p>One mail to {user.email} names them all.</p>
      </>
    ),
  },
  offboard: {
    title: (name) => `Offboard ${name}?`,
    confirm: 'Offboard',
    danger: true,
    body: ({ user, working, self }) => (
      <>
        {self && <Self>You are signed out at once, and only another superuser can let you in again.</Self>}
        <p>For somebody who leaves. This will:</p>
        <ul>
          <li>disable the account {user.email}, so that nobody can sign in with it;</li>
          <li>end all its sessions;</li>
          {user.tokenCount > 0 ? (
            <>
              <li>
                revoke {countOf(user.tokenCount)} for good, {working} of them working: enabling the account later does
                not bring them back;
              </li>
              <li>send one mail to {user.email} that names them all.</li>
            </>
          ) : (
            <li>revoke nothing, as the account has no tokens.</li>
          )}
        </ul>
      </>
    ),
  },
};

function blocks(working: number): string {
  if (working === 0) return 'This blocks no working token.';
  return `This blocks ${countOf(working, 'working token')} at once: whatever sends ${working === 1 ? 'it' : 'one'} is answered 401.`;
}

function Self({ children }: { children: string }) {
  return (
    <p class="note warning">
      <strong>This is your own account.</strong> {children}
    </p>
  );
}
