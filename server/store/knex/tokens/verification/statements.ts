import type { Engine, Select } from '../../../engine/engine.ts';
import { appVersion } from '../../apps/app-version.ts';
import { appBranches, type KeyForm } from './app-matches.ts';
import { type Source, selectMatches, selectOthers } from './hash-matches.ts';

/** The statement for one hash, and the one for a list of hashes. */
interface Pair {
  one: Select;
  many: Select;
}

export interface Statements {
  tokens: Pair;
  tokensAndVersion: Pair;
  tokensAndApps: Record<KeyForm, Pair>;
  /** Tombstones and canaries. */
  others: Select;
}

/** Creates the statements of verification. Composing their texts takes longer than most transactions have, so do this once. */
export function createStatements(engine: Engine): Statements {
  const ofOne: Source = (column, table) => ({ from: table, where: `WHERE ${column} = ?` });
  const ofEach: Source = (column, table) => ({ from: engine.eachOf(column, table) });
  const pair = (more?: Parameters<typeof selectMatches>[3]): Pair => ({
    one: selectMatches(engine, '0', ofOne, more),
    many: selectMatches(engine, engine.position, ofEach, more),
  });
  const withApps = (form: KeyForm) => pair({ branches: appBranches(engine, form), columns: [appVersion] });
  return {
    tokens: pair(),
    tokensAndVersion: pair({ columns: [appVersion] }),
    tokensAndApps: { name: withApps('name'), host: withApps('host'), lists: withApps('lists') },
    others: selectOthers(engine),
  };
}
