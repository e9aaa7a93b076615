import { ownerFilter } from '../../api/find/find-token.ts';
import { collect } from '../../api/pages.ts';
import { expectBody } from '../../api/responses.ts';
import { serviceAccountShape } from '../../api/service-account-shapes.ts';
import { appShape, pageShape, tokenShape, userShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import type { OwnerOptions } from '../../input/owner-options.ts';
import { type Connection, connect } from '../../session/connect.ts';
import type { NameKind } from '../../session/known-names.ts';

export type NamesOptions = GlobalOptions & Pick<OwnerOptions, 'serviceAccount' | 'user'>;

/** More names than anybody reads, and few enough to be read in time. */
const maxNames = 1_000;

/** Reads the names of one kind from the server, and returns those that can be printed. */
export async function readNames(ctx: Context, kind: NameKind, options: NamesOptions): Promise<string[]> {
  return (await allNames(await connect(ctx, options), kind, options)).filter(isPrintable);
}

async function allNames({ api }: Connection, kind: NameKind, options: NamesOptions): Promise<string[]> {
  switch (kind) {
    case 'token': {
      const owner = ownerFilter(options);
      const read = (page: object) =>
        expectBody(api.tokens.$get({ query: { ...owner, ...page } }), pageShape(tokenShape));
      return (await collect(read, maxNames)).map(({ name }) => name);
    }
    case 'member': {
      const read = (query: object) => expectBody(api.users.$get({ query }), pageShape(userShape));
      return (await collect(read, maxNames)).map(({ email }) => email);
    }
    case 'app': {
      const read = (query: object) => expectBody(api.apps.$get({ query }), pageShape(appShape));
      return (await collect(read, maxNames)).map(({ name }) => name);
    }
    case 'service-account': {
      const read = (query: object) =>
        expectBody(api['service-accounts'].$get({ query }), pageShape(serviceAccountShape));
      return (await collect(read, maxNames)).map(({ name }) => name);
    }
  }
}

/** tokensd accepts no control characters in names. Another server that sends them must not write on the terminal. */
function isPrintable(name: string): boolean {
  return !/\p{C}/u.test(name);
}
