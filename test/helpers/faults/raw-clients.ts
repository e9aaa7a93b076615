import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

export interface RawResponse {
  /** Everything that was received. */
  text: string;
  /** Milliseconds from connecting until the connection was closed. */
  lasted: number;
  sentBytes: number;
}

/** Writes to a connection while `open()` returns true. */
type Talk = (send: (bytes: string | Buffer) => Promise<void>, open: () => boolean) => Promise<void>;

/** Runs `say` on one connection until the daemon ends it or `maxMs` have passed. */
export function talk(url: string, say: Talk, maxMs: number): Promise<RawResponse> {
  return new Promise((resolve) => {
    const began = performance.now();
    let text = '';
    let sentBytes = 0;
    let gone = false;
    const socket: Socket = connect(Number(new URL(url).port), '127.0.0.1');
    const timer = setTimeout(() => socket.destroy(), maxMs);
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part;
    });
    socket.on('error', () => {});
    socket.on('end', () => socket.destroy());
    socket.once('close', () => {
      clearTimeout(timer);
      gone = true;
      resolve({ text, lasted: performance.now() - began, sentBytes });
    });
    const send = (bytes: string | Buffer) =>
      new Promise<void>((sent) => {
        if (gone) return sent();
        sentBytes += bytes.length;
        const done = () => {
          socket.off('close', done);
          // Yields, because writes that complete immediately would starve the event loop.
          setImmediate(sent);
        };
        socket.once('close', done);
        socket.write(bytes, done);
      });
    socket.once('connect', () => void say(send, () => !gone).then(() => socket.end()));
  });
}

/** Sends `head`, then one byte every `ms` milliseconds. */
export function drip(head: string, bytes: string, ms: number): Talk {
  return async (send, open) => {
    await send(head);
    for (let index = 0; open(); index += 1) {
      await new Promise((resolve) => setTimeout(resolve, ms));
      await send(bytes.charAt(index % bytes.length));
    }
  };
}

/** Returns the status of the last response, or 0 if the connection was closed without one. */
export function lastStatus({ text }: RawResponse): number {
  return Number([...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].at(-1)?.[1] ?? 0);
}

export const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Returns the resident memory of a process in MB. */
export function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Samples the memory of a process. `stop` returns the maximum in MB. */
export function watchMemory(pid: number): { stop(): number } {
  let max = residentMb(pid);
  const timer = setInterval(() => {
    max = Math.max(max, residentMb(pid));
  }, 50);
  return {
    stop() {
      clearInterval(timer);
      return Math.max(max, residentMb(pid));
    },
  };
}
