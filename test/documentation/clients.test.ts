import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ClientRow, clientRows } from '../helpers/gate/documented/table.ts';
import { read, root } from './documents.ts';

const folder = 'test/installations/clients';
const sources = readdirSync(join(root, folder)).map((name) => read(`${folder}/${name}`));
const described = sources.flatMap((source) =>
  [...source.matchAll(/^describe(?:Client|Maven)\((['"])(.*?)\1, /gm)].map(([, , name = '']) => name),
);

describe('the table of docs/clients.md', () => {
  const isTested = ({ tested }: ClientRow) => /^\d[\d.]*$/.test(tested);
  const tested = clientRows().filter(isTested);

  it('calls tested exactly the clients that have a test', () => {
    expect(tested.length).toBeGreaterThan(15);
    expect(tested.map((row) => row.name).sort()).toEqual([...described].sort());
  });

  it('says of each other client that it was tried by hand, or not tested', () => {
    const others = clientRows().filter((row) => !isTested(row));
    expect(others.filter((row) => !/^(?:no|by hand, \d[\d.]*)$/.test(row.tested))).toEqual([]);
  });
});
