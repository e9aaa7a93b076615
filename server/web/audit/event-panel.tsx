import { actorLabel } from '../../domain/audit-labels.ts';
import type { ListedAuditRecord } from '../../store/records.ts';
import { auditPath } from './audit-paths.ts';
import { Changes } from './history/changes.tsx';

/** The fields of an event below its line, and the link to its page, which leads to related events. */
export function EventPanel({ event }: { event: ListedAuditRecord }) {
  const { id, action, actor, actorName, target, tokenOwnerEmail, changes, ip, userAgent } = event;
  return (
    <dl class="facts panel">
      {changes !== undefined && changes.length > 0 && (
        <>
          <dt>Changes</dt>
          <dd>
            <Changes changes={changes} />
          </dd>
        </>
      )}
      <dt>Action</dt>
      <dd>
        <code>{action}</code>
      </dd>
      <dt>Actor</dt>
      <dd>
        {actorName !== null && <bdi>{actorName}</bdi>} <bdi>{actorLabel(actor)}</bdi> <Identity {...actor} />
      </dd>
      <dt>Target</dt>
      <dd>
        <bdi>{target.name ?? '–'}</bdi>
        {tokenOwnerEmail !== null && (
          <>
            {' '}
            of <bdi>{tokenOwnerEmail}</bdi>
          </>
        )}{' '}
        <Identity {...target} />
      </dd>
      <dt>IP address</dt>
      <dd>{ip === null ? '–' : <code>{ip}</code>}</dd>
      {userAgent !== null && (
        <>
          <dt>User agent</dt>
          <dd>
            <bdi>{userAgent}</bdi>
          </dd>
        </>
      )}
      <dt>Event</dt>
      <dd>
        <a href={`${auditPath}/${id}`}>
          <code>{id}</code>
        </a>
      </dd>
    </dl>
  );
}

function Identity({ kind, id }: { kind: string; id: string | null }) {
  return (
    <span class="sub">
      {kind}
      {id !== null && <code> {id}</code>}
    </span>
  );
}
