import { MinuteOf } from '../shell/components/time.tsx';
import { ValueDialog } from '../shell/components/value-dialog.tsx';
import { Layout } from '../shell/layout.tsx';
import { memberPath, teamPath } from './team-paths.ts';

interface InvitationLinkPageProps {
  member: { id: string; email: string };
  link: string;
  /** Null for a link without a secret: the member signs in there with single sign-on. */
  expiresAt: number | null;
  /** Whether the superuser asked for the link. Otherwise, the server could not mail it. */
  copied?: boolean;
  /** Whether the member was invited before. */
  replaces?: boolean;
}

/** Shows the link of an invitation that was not mailed. No other page shows it. */
export function InvitationLinkPage({
  member,
  link,
  expiresAt,
  copied = false,
  replaces = false,
}: InvitationLinkPageProps) {
  return (
    <Layout title="Invitation" section={teamPath}>
      <p>
        <a href={memberPath(member.id)}>Go to the member</a>
      </p>
      <h1>{member.email}</h1>
      <ValueDialog
        title={expiresAt === null ? 'Everybody signs in at this address' : `Pass this link on to ${member.email}`}
        label={expiresAt === null ? 'Address' : 'Link'}
        value={link}
        doneHref={memberPath(member.id)}
        isPublic={expiresAt === null}
        warning={
          expiresAt === null ? (
            <>{member.email} signs in there with single sign-on. The address is no secret.</>
          ) : (
            <>
              Anyone who has this link, including you, can set the password of the account. The link is shown only this
              once. It works once, and expires on <MinuteOf at={expiresAt} />.
            </>
          )
        }
      >
        {!copied && (
          <p>
            No mail server is configured, so the invitation cannot be mailed.
            {expiresAt === null && ' Tell the member yourself.'}
          </p>
        )}
        {replaces && expiresAt !== null && <p>The link of the earlier invitation no longer works.</p>}
      </ValueDialog>
    </Layout>
  );
}
