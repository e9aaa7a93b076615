/**
 * Returns a text expression that sets up a session: the time limit of its statements, and how PostgreSQL runs lists. Compiling a statement
 * (`jit`) takes longer than any list. Starting other processes for one takes longer than it saves, unless very many rows are read.
 */
export function setSession(statementTimeoutMs: number): string {
  const settings = { statement_timeout: statementTimeoutMs, jit: 'off', parallel_setup_cost: 10_000 };
  return Object.entries(settings)
    .map(([name, value]) => `set_config('${name}', '${value}', false)`)
    .join(' || ');
}
