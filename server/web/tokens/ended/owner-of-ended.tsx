import type { EndedToken } from '../../../store/records.ts';
import { ownerName, ownerPath } from '../token-paths.ts';

/** The owner of a token that ended, with a link to their page unless the account was deleted. */
export function OwnerOfEnded({ token }: { token: EndedToken }) {
  if (token.ownerDeleted) return <>{ownerName(token)}</>;
  return (
    <a href={ownerPath(token)} title={ownerName(token)}>
      {ownerName(token)}
    </a>
  );
}
