import { IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Maximum number of responses that may wait behind an earlier one on a connection. A client that never reads would otherwise
 * exhaust memory, because a response takes about a hundred times as much memory as its request. Proxies do not pipeline.
 */
const maxQueuedVerifications = 16;
const maxQueuedResponses = 1;

/** State of a connection: its newest response, and how many responses wait behind an earlier one. */
const newest = Symbol('newest response');
const queued = Symbol('queued responses');
type TrackedSocket = Duplex & { [newest]?: TrackedResponse; [queued]?: number };

/** The response before this one on the same connection, until that one has been sent. */
const earlierOf = Symbol('earlier response');
type TrackedResponse = ServerResponse & { [earlierOf]?: TrackedResponse | undefined };

/** Returns the newest response of a connection, if any. */
export function newestResponse(socket: Duplex): ServerResponse | undefined {
  return (socket as TrackedSocket)[newest];
}

/** Returns the responses of a connection that have not been sent. Only the first one can be written to the connection. */
export function openResponses(socket: Duplex): ServerResponse[] {
  const open: ServerResponse[] = [];
  let res = (socket as TrackedSocket)[newest];
  for (; res !== undefined && !res.closed; res = res[earlierOf]) open.unshift(res);
  return open;
}

/** Registers a response on its connection. Returns the response before it, unless that one has been sent. */
export function trackResponse(socket: TrackedSocket, res: TrackedResponse): ServerResponse | undefined {
  const earlier = socket[newest];
  socket[newest] = res;
  if (earlier === undefined || earlier.writableFinished) return undefined;
  socket[queued] = (socket[queued] ?? 0) + 1;
  res[earlierOf] = earlier;
  // The turn of `res` comes when the response before it has been sent.
  earlier.once('close', () => {
    socket[queued] = (socket[queued] ?? 1) - 1;
    res[earlierOf] = undefined;
  });
  return earlier;
}

const upgrade = Symbol('upgrade');
const bodyListener = Symbol('body listener');
const keptBytes = Symbol('kept bytes');
type TrackedMessage = IncomingMessage & { [bodyListener]?: () => void; [keptBytes]?: number };

/** Calls `listener` when the body of a message is complete or fills its buffer, and perhaps again. */
export function onBody(message: TrackedMessage, listener: () => void): void {
  message[bodyListener] = listener;
}

/** Sets the size of the buffer of a message for its body. Zero stands for the size that all messages have. */
export function keepBody(message: TrackedMessage, maxBytes: number): void {
  message[keptBytes] = maxBytes;
}

/**
 * Creates the class of incoming messages. If too many responses wait on a connection, the next message pretends to ask for
 * an upgrade to another protocol, after which Node parses nothing more and emits `upgrade`. Node has no other way to stop in
 * the middle of a packet, and a packet with thousands of small requests would occupy the event loop for 50 ms.
 */
export function createMessageClass(isVerification: (url: string) => boolean): typeof IncomingMessage {
  const isTooMany = ({ socket, url = '' }: IncomingMessage): boolean => {
    const waiting = (socket as TrackedSocket)[queued] ?? 0;
    if (waiting < maxQueuedResponses) return false;
    return waiting >= maxQueuedVerifications || !isVerification(url);
  };
  return class LimitedMessage extends IncomingMessage {
    [upgrade]?: boolean;
    [bodyListener]?: () => void;
    [keptBytes]?: number;

    /** Node calls it for each part of the body, and with null at its end. It reads no more while this returns false. */
    override push(...part: Parameters<IncomingMessage['push']>): boolean {
      const wantsMore = super.push(...part) || (part[0] !== null && this.readableLength <= (this[keptBytes] ?? 0));
      if (!wantsMore) this[bodyListener]?.();
      return wantsMore;
    }

    /** Node sets this to whether the message has an `Upgrade` field, and asks for it once the header is complete. */
    set upgrade(_requested: boolean) {}

    get upgrade(): boolean {
      this[upgrade] ??= this.method === 'CONNECT' || isTooMany(this);
      return this[upgrade];
    }
  };
}
