import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { WebSocket } from 'undici';
import type { UploadReport } from './test-api.ts';

export const mebibyte = Buffer.alloc(1024 * 1024, 'tokens');

/** Starts a POST to `/upload`. With a length, the body has a Content-Length, otherwise it is chunked. */
export function startUpload(url: string, fields: Record<string, string>, length?: number) {
  const framing = length === undefined ? {} : { 'Content-Length': String(length) };
  const outgoing = request(`${url}/upload`, { method: 'POST', agent: false, headers: { ...fields, ...framing } });
  const response = once(outgoing, 'response').then(async ([incoming]) => {
    const chunks: Buffer[] = await incoming.toArray();
    return {
      status: incoming.statusCode as number,
      type: incoming.headers['content-type'] as string | undefined,
      location: incoming.headers.location as string | undefined,
      body: Buffer.concat(chunks).toString(),
    };
  });
  response.catch(() => {});
  return { outgoing, response };
}

/** Uploads a body of this many mebibytes. Returns the response, and the report that the API must have sent. */
export async function upload(url: string, fields: Record<string, string>, count: number, hasLength: boolean) {
  const { outgoing, response } = startUpload(url, fields, hasLength ? count * mebibyte.length : undefined);
  const hash = createHash('sha256');
  for (let i = 0; i < count; i += 1) {
    hash.update(mebibyte);
    // A rejection ends the upload.
    if (!outgoing.write(mebibyte)) await Promise.race([once(outgoing, 'drain'), response]);
  }
  outgoing.end();
  const expected: UploadReport = { bytes: count * mebibyte.length, sha256: hash.digest('hex') };
  return { ...(await response), expected };
}

/** Offers an upload of 200 MB, and returns the response and whether the proxy asked for the body (RFC 9110 §10.1.1). */
export async function offerUpload(url: string, fields: Record<string, string>) {
  const { outgoing, response } = startUpload(url, { ...fields, Expect: '100-continue' }, 200 * mebibyte.length);
  outgoing.flushHeaders();
  let continued = false;
  outgoing.on('continue', () => {
    continued = true;
  });
  outgoing.on('error', () => {});
  const answer = await response;
  outgoing.destroy();
  return { ...answer, continued };
}

/**
 * Opens a WebSocket connection to `/socket`, sends texts and returns the replies. Calls `between` after each reply. Rejects if the
 * handshake fails.
 */
export async function talk(
  url: string,
  headers: Record<string, string>,
  texts: readonly string[],
  { between }: { between?: () => unknown } = {},
): Promise<string[]> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket`, { headers });
  const failed = once(socket, 'close').then(() => Promise.reject(new Error('The handshake failed')));
  await Promise.race([once(socket, 'open'), failed]);
  failed.catch(() => {});
  const replies: string[] = [];
  for (const text of texts) {
    const reply = once(socket, 'message');
    socket.send(text);
    replies.push((await reply)[0].data);
    await between?.();
  }
  socket.close();
  await once(socket, 'close');
  return replies;
}

/** Reads a stream of events, and returns how many milliseconds each one took to arrive. */
export async function eventDelays(url: string, headers: Record<string, string>): Promise<number[]> {
  const response = await fetch(url, { headers });
  const delays: number[] = [];
  for await (const chunk of response.body ?? []) {
    for (const [, sentAt] of Buffer.from(chunk)
      .toString()
      .matchAll(/at ([\d.]+)/g)) {
      delays.push(performance.now() - Number(sentAt));
    }
  }
  return delays;
}
