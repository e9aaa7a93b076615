import { rowsUnder } from '../../../documentation/documents.ts';

export interface ClientRow {
  name: string;
  /** Whether the client needs a gate with `?challenge=basic`. */
  needsBasic: boolean;
  /** The cell about tests. */
  tested: string;
}

/** Returns the rows of the table in `docs/clients.md`. */
export function clientRows(): ClientRow[] {
  return rowsUnder('docs/clients.md', '| client | where the token is kept | gate | tested |').map((line) => {
    const [name = '', , gate = '', tested = ''] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (!/^(?:any|Basic)$/.test(gate)) throw new Error(`docs/clients.md has no such gate: “${gate}”`);
    return { name: name.replace(/^\[(.*)\]\(.*\)$/, '$1'), needsBasic: gate === 'Basic', tested };
  });
}

/** Returns the row of one client. */
export function clientRow(name: string): ClientRow {
  const row = clientRows().find((candidate) => candidate.name === name);
  if (row === undefined) throw new Error(`docs/clients.md has no client “${name}”`);
  return row;
}
