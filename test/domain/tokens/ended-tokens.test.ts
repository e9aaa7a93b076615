import { expect, it, onTestFinished } from 'vitest';
import { endOf } from '../../../server/domain/tokens/ended/ended-tokens.ts';
import { jsonOf, openTestApp } from '../../helpers/app/app.ts';
import { addToken } from '../../store/contract/records.ts';

it('ended by a revocation if the tombstone that stands for it is that of an earlier value', () => {
  const actor = { kind: 'user', id: 'ada', email: 'ada@example.com' } as const;
  expect(endOf({ reason: 'rotated', actor })).toEqual({ reason: 'revoked', endedBy: 'ada@example.com' });
  expect(endOf({ reason: 'idle', actor: { kind: 'system', id: null, email: null } })).toEqual({
    ...{ reason: 'idle', endedBy: null },
  });
});

it('is listed by its prefix page by page, the latest end first', async () => {
  const app = await openTestApp();
  onTestFinished(app.close);
  const prefix = 'tok_SAMEsame';
  const ids: string[] = [];
  for (const name of ['first', 'second', 'third']) {
    const { id } = await addToken(app.store, app.dev.id, { name, nameFolded: name, prefix, hash: `hash of ${name}` });
    ids.push(id);
  }
  for (const id of [ids[1], ids[0], ids[2]]) {
    app.clock.advance(1000);
    expect((await app.ask(`/api/v1/tokens/${id}`, { method: 'DELETE', as: app.dev })).status).toBe(204);
  }
  for (const as of [app.root, app.dev]) {
    const names: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = `status=revoked&prefix=${prefix}&limit=1${cursor && `&cursor=${cursor}`}`;
      const page = await jsonOf<{ items: Array<{ name: string }>; next_cursor: string | null }>(
        app.ask(`/api/v1/tokens?${query}`, { as }),
      );
      names.push(...page.items.map(({ name }) => name));
      cursor = page.next_cursor;
    }
    expect(names).toEqual(['third', 'first', 'second']);
  }
});
