import { count } from '../../../../shared/count.ts';
import { formatUrl, type PageUrl, queryEntries } from '../../shell/page-url.ts';
import { maxCount } from '../list/attention.ts';

/** ID of the form that the checkboxes of a list belong to. */
export const selectionForm = 'selection';

/** Which tokens of a list are selected when the page opens: none, those on the page, or all that match the filter. */
export type Preselected = 'none' | 'page' | 'all';

/** The selection of a list, for those who may pause and revoke its tokens. */
export interface Selection {
  preselected: Preselected;
  /** URL of the list, with its filters and `?cursor`. */
  listUrl: PageUrl;
}

export function readPreselected(text: string | undefined): Preselected {
  return text === 'page' || text === 'all' ? text : 'none';
}

interface SelectionBarProps extends Selection {
  /** Number of tokens on the page. */
  shown: number;
  /** Number of tokens that match the filter, up to `maxCount + 1`. */
  total: number;
}

/**
 * The actions for the selected tokens. The bar covers the end of the window while something is selected, without script too. Its
 * buttons open the page that confirms the change.
 */
export function SelectionBar({ preselected, listUrl, shown, total }: SelectionBarProps) {
  const { cursor: _, ...filters } = listUrl.query;
  const all = total > maxCount ? `${maxCount.toLocaleString('en')}+ tokens` : count(total, 'token');
  const isAll = preselected === 'all';
  return (
    <form id={selectionForm} method="get" action={`${listUrl.path}/selected`} class="selection-bar" data-selection>
      {isAll && <input type="hidden" name="all" value="true" />}
      {queryEntries({ path: '', query: filters }).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      {isAll ? (
        <p>All {all} that match are selected.</p>
      ) : (
        <p role="status" data-selected>
          With the selected tokens:
        </p>
      )}
      <button type="submit" name="action" value="pause">
        Pause…
      </button>
      <button type="submit" name="action" value="resume">
        Resume…
      </button>
      <button type="submit" name="action" value="revoke">
        Revoke…
      </button>
      {!isAll && total > shown && <a href={formatUrl(listUrl, { select: 'all' })}>Select all {all} that match</a>}
      <a href={formatUrl(listUrl)} data-clear>
        Clear selection
      </a>
    </form>
  );
}

/** The cell at the head of the checkboxes. Its box needs script; without, a link selects the page. */
export function SelectPageCell({ preselected, listUrl }: Selection) {
  return (
    <td class="pick">
      <input
        type="checkbox"
        id="select-page"
        data-select-page
        checked={preselected !== 'none'}
        disabled={preselected === 'all'}
        autocomplete="off"
      />
      <label for="select-page" class="visually-hidden">
        Select all on this page
      </label>
      <a class="without-script" href={formatUrl(listUrl, { select: 'page' })} aria-label="Select all on this page">
        All<span class="on-phone"> on this page</span>
      </a>
    </td>
  );
}

/** The cell with the checkbox of a token. If all that match are selected, the rows cannot leave the selection one by one. */
export function SelectCell({
  preselected,
  token,
}: Pick<Selection, 'preselected'> & { token: { id: string; name: string } }) {
  return (
    <td class="pick">
      <input
        type="checkbox"
        name="token"
        value={token.id}
        form={selectionForm}
        aria-label={`Select ${token.name}`}
        checked={preselected !== 'none'}
        disabled={preselected === 'all'}
        autocomplete="off"
      />
    </td>
  );
}
