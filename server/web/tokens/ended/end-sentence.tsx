import { endSentence } from '../../../../shared/schemas/tokens/end-sentence.ts';
import { endOf } from '../../../domain/tokens/ended/ended-tokens.ts';
import type { EndedToken } from '../../../store/records.ts';
import { DateOf } from '../../shell/components/time.tsx';

/** No name and no address contains it. */
const placeOfDate = '\n';

/** Says how a token ended: `ci-pipeline was revoked by ada@example.com on 3 Mar 2027.` The date is a time of the page, as all others are. */
export function EndSentence({ token }: { token: EndedToken }) {
  const { name, endedAt } = token;
  const { reason, endedBy } = endOf(token);
  const ended = { name, reason, ended_at: new Date(endedAt).toISOString(), ended_by: endedBy };
  const [before, after] = endSentence(ended, () => placeOfDate).split(placeOfDate);
  return (
    <>
      <bdi>{before}</bdi>
      <DateOf at={endedAt} />
      {after}
    </>
  );
}
