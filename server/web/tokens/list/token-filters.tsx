import { tokenStatusSchema } from '../../../../shared/schemas/tokens/tokens.ts';
import { SearchField } from '../../shell/components/form.tsx';
import type { PageUrl } from '../../shell/page-url.ts';

/** The filters of the list of an owner's tokens: by name and status. The query of the page holds them. */
export function TokenFilters({ pageUrl: { path, query } }: { pageUrl: PageUrl }) {
  return (
    <search>
      <form method="get" action={path} class="filters">
        <SearchField label="Name or prefix" name="q" value={query.q} />
        <div class="field">
          <label for="status">Status</label>
          <select id="status" name="status">
            <option value="">All</option>
            {tokenStatusSchema.options.map((status) => (
              <option value={status} selected={status === query.status}>
                {status}
              </option>
            ))}
          </select>
        </div>
        <button type="submit">Search</button>
        {(query.q !== undefined || query.status !== undefined) && (
          <a class="button" href={path}>
            Clear
          </a>
        )}
      </form>
    </search>
  );
}
