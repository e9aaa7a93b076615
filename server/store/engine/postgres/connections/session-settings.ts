/**
 * Returns a text expression that sets up a session: the time limit of its statements, and how PostgreSQL runs lists. Compiling a statement
 * (`jit`) takes longer than any list. Starting other processes for one takes longer than it saves, unless very many rows are read.
 */
export function setSession(statementTimeoutMs: number): string {
  const limit = `set_config('statement_timeout', '${statementTimeoutMs}', false)`;
  // Databases that speak PostgreSQL's protocol may not know these.
  const lists = Object.entries({ jit: 'off', parallel_setup_cost: 10_000 }).map(
    ([name, value]) =>
      `CASE WHEN current_setting('${name}', true) IS NULL THEN '' ELSE set_config('${name}', '${value}', false) END`,
  );
  return [limit, ...lists].join(' || ');
}
