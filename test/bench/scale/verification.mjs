import { signIn } from '../changes.mjs';
import { compare } from '../measure.mjs';
import { byName, denials, forwardAuth, introspection } from '../targets.mjs';
import { atLeast, atMost } from './goals.mjs';

/** Goals for the throughput relative to bare Hono, by engine and number of tokens. */
const ratioGoals = {
  sqlite: { 1000: atLeast(0.75), 1000000: atLeast(0.7), 10000000: atLeast(0.6) },
  postgres: { 1000000: atLeast(0.65) },
};

/**
 * Measures verification with all of these: the app in the path, rules of two of ten tokens, counted uses, metrics, and the internal listener. Several numbers of tokens
 * take turns, each with a daemon of its own. With the largest numbers, more tokens are used in a second pass, which are drawn from the whole table.
 */
export async function measureSizes(kind, { bare, databases, timing, sizes, manyUsedFrom }) {
  const targets = [];
  for (const tokens of sizes[kind]) {
    const database = await databases.prepare(kind, tokens);
    targets.push({ ...database, ...(await forwardAuth(database)) });
  }
  const curve = await compareUsed(bare, targets, 'values', timing);
  const large = targets.filter(({ tokens }) => tokens >= manyUsedFrom);
  const manyUsed = await compareUsed(bare, large, 'manyValues', timing);
  for (const target of targets) await target.stop();
  return { goals: goalsOf(kind, curve, manyUsed), curve, manyUsed };
}

/** Measures targets while the tokens with these of their values are used in turn. */
async function compareUsed(bare, targets, used, timing) {
  const using = targets.map((target) => ({
    ...target,
    name: `${nameOf(target.kind, target.tokens)}, ${target[used].length.toLocaleString('en')} used`,
    requests: byName(target[used]),
  }));
  const rows = await compare(bare, using, timing);
  return rows.map((row, i) => ({ ...row, kind: using[i].kind, tokens: using[i].tokens, peak: using[i].memory().peak }));
}

function goalsOf(kind, curve, manyUsed) {
  const relative = ({ name, ratio }, goal) =>
    goal === undefined ? [] : [goal(`${name}, relative to bare Hono`, ratio)];
  const goals = curve.flatMap((row) => relative(row, ratioGoals[kind][row.tokens]));
  const million = curve.find(({ tokens }) => tokens === 1_000_000);
  if (million !== undefined) goals.push(atMost(150)(`${million.name}, peak memory`, million.peak, 'MB'));
  const [oneMillion, tenMillion] = [1_000_000, 10_000_000].map((count) =>
    manyUsed.find(({ tokens }) => tokens === count),
  );
  if (tenMillion !== undefined) {
    goals.push(
      ...relative(tenMillion, atLeast(0.6)),
      atMost(2)(`${tenMillion.name}, p99 ÷ p99 of 1,000,000`, tenMillion.p99Ratio / oneMillion.p99Ratio),
    );
  }
  return goals;
}

/** Measures one connection, values that are denied, and introspection. */
export async function measureOthers({ bare, databases, timing, tokens }) {
  const goals = [];
  const details = [];
  const measure = async (target, more) => {
    const [row] = await compare(bare, [target], { ...timing, ...more });
    details.push(row);
    return row;
  };
  for (const [kind, goal] of [
    ['sqlite', atMost(2.2)],
    ['postgres', atMost(3.8)],
  ]) {
    const database = await databases.prepare(kind, tokens);
    const target = await forwardAuth(database);
    const name = nameOf(kind, tokens);
    const row = await measure({ ...target, name, requests: byName(database.values) }, { connections: 1 });
    goals.push(goal(`one connection, ${engineNames[kind]}, p50 ÷ p50 of bare Hono`, row.p50Ratio));
    if (kind === 'sqlite') {
      const { malformed, unknown } = denials();
      const requests = await introspection(target, await signIn(target.url), database.values);
      const others = [
        [atLeast(0.8), { name: 'malformed values', requests: malformed, expected: 401 }],
        [atLeast(0.8), { name: 'unknown values', requests: unknown, expected: 401 }],
        [atLeast(0.4), { name: 'introspection', requests }],
      ];
      for (const [othersGoal, other] of others) {
        const { ratio } = await measure({ ...target, ...other, name: `${other.name}, SQLite` });
        goals.push(othersGoal(`${other.name}, SQLite, relative to bare Hono`, ratio));
      }
    }
    await target.stop();
  }
  return { goals, details };
}

export const engineNames = { sqlite: 'SQLite', postgres: 'PostgreSQL' };

export function nameOf(kind, tokens) {
  return `${tokens.toLocaleString('en')} tokens, ${engineNames[kind]}`;
}
