import type { ListedAuditRecord } from '../../../store/records.ts';
import { EventSentence } from '../../audit/event-sentence.tsx';
import { DateOf } from '../../shell/components/time.tsx';
import { Layout } from '../../shell/layout.tsx';
import { tokensPath } from '../token-paths.ts';

/** What a former owner, or another member who transferred a token, still sees of it: the event of the transfer. */
export function TransferredTokenPage({ transfer }: { transfer: ListedAuditRecord }) {
  const name = transfer.target.name ?? 'Transferred token';
  return (
    <Layout title={name} section={tokensPath}>
      <p>
        <a href={tokensPath}>Back to your API tokens</a>
      </p>
      <div class="heading">
        <h1>{name}</h1>
      </div>
      <p class="note">
        <EventSentence event={transfer} withOwner={false} /> on <DateOf at={transfer.at} />. Its value stands for the
        service account since then. The maintainers of the service account look after it.
      </p>
    </Layout>
  );
}
