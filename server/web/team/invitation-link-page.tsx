import { MinuteOf } from '../shell/components/time.tsx';
import { Layout } from '../shell/layout.tsx';
import { memberPath, teamPath } from './team-paths.ts';

interface InvitationLinkPageProps {
  member: { id: string; email: string };
  link: string;
  /** Null for a link without a secret: the member signs in there with single sign-on. */
  expiresAt: number | null;
  /** Whether the superuser asked for the link. Otherwise, the server could not mail it. */
  copied?: boolean;
}

/** Shows the link of an invitation that was not mailed. No other page shows it. */
export function InvitationLinkPage({ member, link, expiresAt, copied = false }: InvitationLinkPageProps) {
  return (
    <Layout title="Invitation" section={teamPath}>
      <h1>Pass this link on to {member.email}</h1>
      <p>
        {copied
          ? expiresAt !== null && 'The link of the earlier invitation no longer works.'
          : 'No mail server is configured, so the invitation cannot be mailed.'}{' '}
        Give the link to the member yourself.
      </p>
      {expiresAt === null ? (
        <p>The member signs in there with single sign-on.</p>
      ) : (
        <p class="note warning">
          Anyone who has this link, including you, can set the password of the account. The link is shown only this
          once. It works once, and expires on <MinuteOf at={expiresAt} />.
        </p>
      )}
      <label for="invitation-link">Link</label>
      <div class="secret">
        <input id="invitation-link" class="mono" value={link} readonly autocomplete="off" data-secret />
        <button type="button" class="primary" data-copy="invitation-link" hidden>
          Copy
        </button>
        <span id="invitation-link-copied" role="status" />
      </div>
      <p>
        <a class="button" href={memberPath(member.id)}>
          Go to the member
        </a>
      </p>
    </Layout>
  );
}
