import type { PropsWithChildren } from 'hono/jsx';
import { count } from '../../../../shared/count.ts';
import type { InviteResult } from '../../../domain/accounts/invite-several.ts';
import { memberStatus } from '../../../domain/accounts/member-status.ts';
import type { UserSummary } from '../../../store/records.ts';
import { FormToken } from '../../shell/components/form.tsx';
import { DateOf, MinuteOf } from '../../shell/components/time.tsx';
import { Layout } from '../../shell/layout.tsx';
import { invitePath, memberPath, teamPath } from '../team-paths.ts';
import { InviteFields } from './invite-fields.tsx';

interface InviteResultsPageProps {
  results: readonly InviteResult[];
  canManageTokens: boolean;
}

/**
 * The result of each address, and the form again with those that were not invited. Links that were not mailed are shown only
 * here.
 */
export function InviteResultsPage({ results, canManageTokens }: InviteResultsPageProps) {
  const left = results.filter(({ outcome }) => outcome === 'invalid' || outcome === 'failed');
  return (
    <Layout title="Invitations" section={teamPath}>
      <p>
        <a href={teamPath}>Back to the team</a>
      </p>
      <h1>{headingOf(results)}</h1>
      <WithoutMail results={results} />
      <table class="list invitations">
        <caption class="visually-hidden">What became of each address</caption>
        <thead>
          <tr>
            <th scope="col">Address</th>
            <th scope="col">Result</th>
          </tr>
        </thead>
        <tbody>
          {results.map((result, index) => (
            <tr>
              <th scope="row">
                <Address result={result} />
              </th>
              <td>
                <Result result={result} index={index} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {left.length > 0 && (
        <form method="post" action={invitePath} class="card">
          <h2>Correct and invite again</h2>
          <FormToken />
          <InviteFields form={{ addresses: left.map(({ invitee }) => written(invitee)).join('\n'), canManageTokens }} />
          <div class="actions">
            <button type="submit" class="primary">
              Invite
            </button>
          </div>
        </form>
      )}
    </Layout>
  );
}

/** Says how many members were invited, by a mail or by a link to pass on. */
function headingOf(results: readonly InviteResult[]): string {
  const invited = results.filter(({ outcome }) => outcome === 'invited').length;
  return invited === 0 ? 'Nobody was invited' : `${count(invited, 'member')} invited`;
}

/** Says what the superuser has to do if the server cannot send mail. */
function WithoutMail({ results }: Pick<InviteResultsPageProps, 'results'>) {
  const unmailed = results.flatMap((result) => (linkOf(result) === null ? [] : [result]));
  const [first] = unmailed;
  if (first === undefined) return null;
  if (hasSecret(first)) {
    return (
      <p class="note warning">
        No mail was sent, because no mail server is configured: copy the links below and pass each one on to its member.
        Anyone who has a link, including you, can set the password of the account. The links are shown only this once.
      </p>
    );
  }
  return (
    <div class="card">
      <p>
        No mail was sent, because no mail server is configured. Everybody signs in at this address, with single sign-on.
        Tell the members yourself.
      </p>
      <p>
        The address is no secret, and nobody got a link of their own. For a member who may sign in with a password, open
        their page and choose “Copy invitation link”.
      </p>
      <LinkToCopy id="address" link={linkOf(first) ?? ''} label="Address" />
    </div>
  );
}

function Address({ result: { invitee, ...result } }: { result: InviteResult }) {
  return (
    <>
      {'user' in result ? <a href={memberPath(result.user.id)}>{invitee.email}</a> : invitee.email}
      {invitee.name !== '' && <span class="sub">{invitee.name}</span>}
    </>
  );
}

function Result({ result, index }: { result: InviteResult; index: number }) {
  if (result.outcome === 'member') return <KnownMember user={result.user} />;
  if (result.outcome === 'invalid') return <NotInvited label="Not invited" detail={result.detail} />;
  if (result.outcome === 'failed') return <NotInvited label="Failed" detail={result.detail} />;
  const link = linkOf(result);
  const expiresAt = result.invitation?.expiresAt ?? null;
  // The address of single sign-on is the same for all of them, and stands above the table.
  if (link === null || expiresAt === null) return <>Invited</>;
  const { email } = result.user;
  return (
    <>
      <LinkToCopy id={`invitation-link-${index}`} link={link} label={`Link for ${email}`} isSecret>
        <span class="visually-hidden"> the link for {email}</span>
      </LinkToCopy>
      <span class="sub">
        Works once, until <MinuteOf at={expiresAt} />
      </span>
    </>
  );
}

interface LinkToCopyProps {
  id: string;
  link: string;
  label: string;
  /** Whether anyone who has the link can use it. */
  isSecret?: boolean;
}

/** A link with a button that copies it. `children` complete the label of the button. */
function LinkToCopy({ id, link, label, isSecret = false, children }: PropsWithChildren<LinkToCopyProps>) {
  return (
    <div class="secret">
      <input
        id={id}
        class="mono"
        value={link}
        readonly
        autocomplete="off"
        aria-label={label}
        data-secret={isSecret || undefined}
      />
      <button type="button" data-copy={id} hidden>
        Copy{children}
      </button>
      <span id={`${id}-copied`} role="status" />
    </div>
  );
}

function NotInvited({ label, detail }: { label: string; detail: string }) {
  return (
    <>
      <span class="badge danger">{label}</span> {detail}
    </>
  );
}

function KnownMember({ user }: { user: UserSummary }) {
  if (memberStatus(user) !== 'invited') return <>Already a member</>;
  return (
    <>
      Already invited
      {user.invitedAt !== null && (
        <>
          {' '}
          on <DateOf at={user.invitedAt} />
        </>
      )}
      <span class="sub">Open their page to invite them again.</span>
    </>
  );
}

/** Returns the link that the superuser passes on, or null if the invitation was mailed. */
function linkOf(result: InviteResult): string | null {
  return result.outcome === 'invited' ? (result.invitation?.link?.reveal() ?? null) : null;
}

/** Reports whether a link that was not mailed sets a password. Otherwise, the member signs in through single sign-on. */
function hasSecret(result: InviteResult): boolean {
  return result.outcome === 'invited' && result.invitation?.expiresAt != null;
}

/** Writes an address as the form reads it. */
function written({ email, name }: InviteResult['invitee']): string {
  return name === '' ? email : `"${name.replace(/[\\"]/g, '\\$&')}" <${email}>`;
}
