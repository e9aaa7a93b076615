import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { MemberDataPage, MemberDataPlace, MemberDataStore, Subject } from '../../interfaces/erasure.ts';
import type { UserRow } from '../accounts/user-rows.ts';
import type { Part } from './part.ts';
import { parts } from './parts.ts';
import { readRows } from './rows.ts';

export function createMemberDataStore(knex: Knex, engine: Engine): MemberDataStore {
  /** Returns the first token of the member after this one. */
  async function nextToken({ id }: Subject, after: string): Promise<string | null> {
    const tokens = knex('tokens').where('owner_id', id).where('id', '>', after).orderBy('id');
    const row: { id: string } | undefined = await tokens.first('id');
    return row?.id ?? null;
  }

  /** Returns one page of a part whose rows belong to tokens. Reads those of one token after the other. */
  async function pageOfTokens(part: Part, subject: Subject, place: MemberDataPlace): Promise<MemberDataPage> {
    const token = place.token ?? (await nextToken(subject, ''));
    if (token === null) return { part: part.name, rows: [], next: partAfter(place) };
    const { rows, last } = await readRows(knex, engine, part, { value: token, after: place.after });
    if (last !== null) return { part: part.name, rows, next: { part: place.part, token, after: last } };
    const further = await nextToken(subject, token);
    const next = further === null ? partAfter(place) : { part: place.part, token: further, after: null };
    return { part: part.name, rows, next };
  }

  return {
    async find(id) {
      const user = await knex<UserRow>('users').where({ id, kind: 'member' }).first('id', 'email', 'email_folded');
      return user === undefined ? null : { id, email: user.email, emailFolded: user.email_folded };
    },
    async page(subject, place) {
      const part = parts[place.part] as Part;
      if (part.of === 'token') return pageOfTokens(part, subject, place);
      const value = valueFor(part, subject);
      const { rows, last } = await readRows(knex, engine, part, { value, after: place.after });
      const next = last === null ? partAfter(place) : { part: place.part, token: null, after: last };
      return { part: part.name, rows, next };
    },
  };
}

function partAfter({ part }: MemberDataPlace): MemberDataPlace | null {
  return part + 1 < parts.length ? { part: part + 1, token: null, after: null } : null;
}

function valueFor({ by, of }: Part, { id, email, emailFolded }: Subject): string {
  if (of !== 'address') return id;
  // Failed sign-ins record the address in its normalized form.
  return by === 'actor_email' ? emailFolded : email;
}
