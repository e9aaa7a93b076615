import type { Child } from 'hono/jsx';
import type { AppContext } from '../../http/context.ts';
import type { StatusContext, TokenRecord, UserSummary } from '../../store/records.ts';
import { Layout } from '../shell/layout.tsx';
import { addressOf, type Place } from '../shell/page-url.ts';
import { Alert, NextPage, Status, Time } from '../shell/parts.tsx';
import type { Question } from './member-action-dialog.tsx';
import { endsSuperuser, possibleActions } from './member-actions.ts';
import { countOf, nameOf, roleOf, teamPath } from './member-labels.ts';
import { MemberTokens } from './member-tokens.tsx';
import { PermissionSwitch, permission } from './permission-switch.tsx';

interface MemberProps {
  c: AppContext;
  organization: string | null;
  statusContext: StatusContext;
  user: UserSummary;
  /** Whether nobody could manage the organization without this member. */
  lastSuperuser: boolean;
  /** How many of the member's tokens work now. */
  working: number;
  tokens: TokenRecord[];
  /** `?q`, `?status` and `?cursor` of the tokens. */
  place: Place;
  nextCursor: string | null;
  done?: string | undefined;
  /** Why nothing was changed. */
  refusal?: string | undefined;
  dialog?: Child;
}

/** One member: the account, what can be done to it, and its tokens. */
export function MemberPage(props: MemberProps) {
  const { c, organization, statusContext, user, tokens, place, nextCursor, done, refusal, dialog } = props;
  return (
    <Layout c={c} title={nameOf(user)} organization={organization} tab={teamPath} done={done}>
      <p>
        <a href={teamPath}>Back to the team</a>
      </p>
      <h1>{nameOf(user)}</h1>
      {refusal !== undefined && <Alert>{refusal}</Alert>}
      <Facts {...props} />
      <Actions {...props} />
      <MemberTokens user={user} tokens={tokens} statusContext={statusContext} place={place} />
      <NextPage href={nextCursor === null ? null : addressOf(place, { cursor: nextCursor })} />
      {dialog}
    </Layout>
  );
}

function Facts({ c, user, working, statusContext: { now }, place }: MemberProps) {
  return (
    <dl class="facts">
      <dt>E-mail address</dt>
      <dd>{user.email}</dd>
      <dt>Role</dt>
      <dd>{roleOf(user)}</dd>
      <dt>Signs in with</dt>
      <dd>{signInWords(user)}</dd>
      <dt>Account</dt>
      <dd>
        <Status status={user.disabled ? 'disabled' : 'active'} />
      </dd>
      <dt>{permission}</dt>
      <dd>
        <PermissionSwitch c={c} user={user} place={place} />
      </dd>
      <dt>Tokens</dt>
      <dd>{user.tokenCount === 0 ? 'none' : `${countOf(user.tokenCount)}, ${working} of them working`}</dd>
      <dt>Last use of any</dt>
      <dd>{user.lastUsedAt === null ? 'never' : <Time at={user.lastUsedAt} now={now} />}</dd>
      <dt>Added</dt>
      <dd>
        <Time at={user.createdAt} now={now} />
      </dd>
    </dl>
  );
}

function signInWords({ sso, totpEnabledAt }: UserSummary): string {
  if (sso) return 'single sign-on';
  return totpEnabledAt === null ? 'a password' : 'a password and a second step';
}

type Button = Exclude<Question, 'ungrant' | 'revoke-tokens'>;

const buttons: Record<Button, { label: string; danger: boolean }> = {
  promote: { label: 'Make superuser', danger: false },
  demote: { label: 'Make ordinary member', danger: false },
  enable: { label: 'Enable', danger: false },
  disable: { label: 'Disable', danger: true },
  'reset-two-step': { label: 'Reset two-step sign-in', danger: true },
  offboard: { label: 'Offboard', danger: true },
};

function Actions({ user, lastSuperuser, place }: MemberProps) {
  const possible = possibleActions(user).filter((action): action is Button => Object.hasOwn(buttons, action));
  return (
    <>
      {lastSuperuser && (
        <p class="note warning" id="last-superuser">
          This is the last enabled Organization Superuser, so this account can be neither made an ordinary member nor
          disabled nor offboarded: nobody could manage the organization any more. Make somebody else a superuser first.
        </p>
      )}
      <div class="filters">
        {possible.map((action) => {
          const { label, danger } = buttons[action];
          if (lastSuperuser && endsSuperuser(action)) {
            return (
              <button type="button" disabled aria-describedby="last-superuser">
                {label}
              </button>
            );
          }
          return (
            <a class={`button${danger ? ' quiet danger' : ''}`} id={action} href={addressOf(place, { dialog: action })}>
              {label}
            </a>
          );
        })}
      </div>
    </>
  );
}
