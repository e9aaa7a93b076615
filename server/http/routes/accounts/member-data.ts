import { ReadableStream, TextEncoderStream } from 'node:stream/web';
import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { memberDataSchema } from '../../../../shared/schemas/accounts/member-data.ts';
import type { StoredRows } from '../../../domain/accounts/data/member-data.ts';
import type { AppDeps, AppEnv } from '../../context.ts';
import { idParamSchema, jsonResponse } from '../../validate.ts';

const readData = createRoute({
  method: 'get',
  path: '/users/{id}/data',
  summary: 'Get all that is stored about a member',
  description:
    'Every row of the database that is about the member, without secrets and their hashes. Superusers read it of every member, also of a deleted one, and other members their own. It is closed to auditors and management keys. The response is streamed, and cut off if the database fails. Reading what is stored about another member is an audit event.',
  request: { params: idParamSchema },
  responses: { 200: jsonResponse(memberDataSchema, 'All that is stored about the member') },
});

export function memberDataRoutes({ memberData, log }: Pick<AppDeps, 'memberData' | 'log'>) {
  return new OpenAPIHono<AppEnv>().openapi(readData, async (c) => {
    const { id } = c.req.valid('param');
    const pages = await memberData.read(c.get('caller'), id);
    const abort = (error: unknown) => {
      log.error({ err: error, request_id: c.get('requestId') }, 'export of member data aborted');
      c.env?.incoming?.socket.destroy?.();
    };
    const body = ReadableStream.from(textOf(pages, abort)).pipeThrough(new TextEncoderStream());
    const headers = {
      'Content-Type': 'application/json',
      'Content-Disposition': `attachment; filename="member-${id}.json"`,
    };
    // The type of a route's response has no streams.
    return c.body(body, 200, headers) as never;
  });
}

/**
 * Yields a JSON object with an array for each part, one row a line. Gives a later error to `abort`, which must cut the connection: otherwise half of the data
 * would look complete.
 */
async function* textOf(pages: AsyncIterable<StoredRows>, abort: (error: unknown) => void): AsyncGenerator<string> {
  let current: string | undefined;
  let isEmpty = true;
  try {
    for await (const { part, rows } of pages) {
      if (part !== current) {
        yield `${current === undefined ? '{' : '],'}\n${JSON.stringify(part)}: [`;
        current = part;
        isEmpty = true;
      }
      if (rows.length === 0) continue;
      yield `${isEmpty ? '' : ','}\n${rows.map((row) => JSON.stringify(row)).join(',\n')}`;
      isEmpty = false;
    }
    yield ']\n}\n';
  } catch (error) {
    abort(error);
  }
}
