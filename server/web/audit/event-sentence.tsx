import { serviceAccountName } from '../../../shared/names.ts';
import { actorLabel, receiverOf, targetLabel } from '../../domain/audit-labels.ts';
import type { ListedAuditRecord } from '../../store/records.ts';
import { actionTexts } from './sentences.ts';

interface EventSentenceProps {
  event: ListedAuditRecord;
  /** Whether the sentence names the owner of a token, because the page does not. */
  withOwner?: boolean;
}

/** Says who did what, such as `Ada Byron created token ci-pipeline`. */
export function EventSentence({ event, withOwner = true }: EventSentenceProps) {
  const { action, actor, target, tokenOwnerEmail } = event;
  const { sentence } = actionTexts[action];
  const names: Record<string, string> = {
    '{target}': nameOf(targetLabel(target), sentence),
    '{receiver}': receiverOf(event) ?? 'another',
  };
  const owner = withOwner && tokenOwnerEmail !== actor.email ? tokenOwnerEmail : null;
  // Nobody knows who failed to sign in. The log has only the address that was entered.
  if (action === 'session.failed') return <FailedSignIn address={actor.email} />;
  return (
    <>
      <Actor event={event} />
      {actor.kind === 'anonymous' && ' (not signed in)'}{' '}
      {sentence.split(/(\{\w+\})/).map((part) => {
        const name = names[part];
        if (name === undefined) return part;
        return (
          <>
            <bdi class="name">{name}</bdi>
            {part === '{target}' && owner !== null && (
              <>
                {' '}
                of <bdi>{owner}</bdi>
              </>
            )}
          </>
        );
      })}
      {target.kind === 'session' && target.name !== null && (
        <>
          {' '}
          of <bdi class="name">{target.name}</bdi>
        </>
      )}
    </>
  );
}

/** The name of a member, whose address is its title, or the label of any other actor. */
function Actor({ event: { actor, actorName } }: Pick<EventSentenceProps, 'event'>) {
  return (
    <bdi class="name actor" title={actorName === null ? undefined : actorLabel(actor)}>
      {actorName ?? actorLabel(actor)}
    </bdi>
  );
}

function FailedSignIn({ address }: { address: string | null }) {
  if (address === null) return <>Somebody failed to sign in</>;
  return (
    <>
      Somebody failed to sign in as <bdi class="name">{address}</bdi>
    </>
  );
}

/**
 * Returns the name of a service account without `service-account:` if the sentence says what it is. Returns every other text
 * unchanged.
 */
function nameOf(label: string, sentence: string): string {
  return (sentence.includes('service account {target}') ? serviceAccountName(label) : null) ?? label;
}
