import type { Knex } from 'knex';
import type { Store } from '../../../server/store/store.ts';
import type { ListQuery } from './queries.ts';

export interface Statement {
  sql: string;
  bindings: unknown[];
}

const controlsTransaction = /^(BEGIN|COMMIT|ROLLBACK|SET)\b/i;

/** Runs a list query and returns the statements that it sent, without those that begin or end a transaction. */
export async function statementsOf(knex: Knex, store: Store, { run }: ListQuery): Promise<Statement[]> {
  const statements: Statement[] = [];
  const record = ({ sql, bindings }: Statement) => {
    if (!controlsTransaction.test(sql)) statements.push({ sql, bindings });
  };
  knex.on('query', record);
  await run(store).finally(() => knex.removeListener('query', record));
  return statements;
}

interface PostgresPlan {
  'Node Type': string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  'Relation Name'?: string;
  'Index Name'?: string;
  Plans?: PostgresPlan[];
}

/** Returns how many rows PostgreSQL looked at in tables and indexes for one statement, and a summary of its plan. */
export async function examinePostgres(
  query: (sql: string, bindings: unknown[]) => Promise<{ rows: Array<{ 'QUERY PLAN': [{ Plan: PostgresPlan }] }> }>,
  { sql, bindings }: Statement,
): Promise<{ rows: number; plan: string }> {
  const { rows } = await query(`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${sql}`, bindings);
  const [root] = rows.flatMap((row) => row['QUERY PLAN'].map(({ Plan }) => Plan));
  if (root === undefined) throw new Error('There is no plan.');
  const nodes: string[] = [];
  const visit = (node: PostgresPlan): number => {
    const below = (node.Plans ?? []).map(visit).reduce((sum, rows) => sum + rows, 0);
    if (!/Scan$/.test(node['Node Type']) || /Subquery|CTE|Function|Values/.test(node['Node Type'])) return below;
    const each =
      node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
    nodes.push(`${node['Node Type']} ${node['Index Name'] ?? node['Relation Name']}`);
    return below + each * node['Actual Loops'];
  };
  return { rows: Math.round(visit(root)), plan: nodes.join(', ') };
}

/** Returns the steps of SQLite's plan for one statement. */
export async function explainSqlite(knex: Knex, { sql, bindings }: Statement): Promise<string[]> {
  const steps: Array<{ detail: string }> = await knex.raw(`EXPLAIN QUERY PLAN ${sql}`, bindings as Knex.RawBinding[]);
  return steps.map(({ detail }) => detail);
}
