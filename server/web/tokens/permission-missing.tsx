import { useMember } from '../shell/page-context.ts';
import { permissionLabel } from '../team/member-labels.ts';
import { memberPath } from '../team/team-paths.ts';

interface PermissionMissingProps {
  /** Email addresses of superusers, who can grant the permission. */
  superusers: string[];
  /** Whether the member has tokens, which are then blocked. */
  hasTokens: boolean;
}

/** Says that the member may not create tokens, and who can change that. */
export function PermissionMissing({ superusers, hasTokens }: PermissionMissingProps) {
  const { id, superuser } = useMember();
  return (
    <div class="note warning">
      <p>
        You need the permission “{permissionLabel}” to create a token.
        {hasTokens &&
          ' Your tokens are blocked: requests that use them are denied until you have the permission again.'}
      </p>
      {superuser ? (
        <p>
          <a href={memberPath(id)}>Grant it to yourself</a>
        </p>
      ) : (
        <p>Ask an Organization Superuser to grant it: {superusers.join(', ')}.</p>
      )}
    </div>
  );
}
