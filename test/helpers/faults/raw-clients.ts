import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  /** All that came back. */
  text: string;
  /** Milliseconds from connecting until the connection was gone. */
  lasted: number;
  sentBytes: number;
}

/** What a raw client does: it gets a connection and writes to it as long as `open()`. */
type Talk = (send: (bytes: string | Buffer) => Promise<void>, open: () => boolean) => Promise<void>;

/** One connection, until the daemon ends it or `longest` ms passed. */
export function talk(url: string, say: Talk, longest: number): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const began = performance.now();
    let text = '';
    let sentBytes = 0;
    let gone = false;
    const socket: Socket = connect(Number(new URL(url).port), '127.0.0.1');
    const timer = setTimeout(() => socket.destroy(), longest);
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
          // Writes that the system takes at once would leave no time for anything else.
          setImmediate(sent);
        };
        socket.once('close', done);
        socket.write(bytes, done);
      });
    socket.once('connect', () => void say(send, () => !gone).then(() => socket.end()));
  });
}

/** Bytes one by one, each after `ms`. */
export function drip(head: string, bytes: string, ms: number): Talk {
  return async (send, open) => {
    await send(head);
    for (let index = 0; open(); index += 1) {
      await new Promise((resolve) => setTimeout(resolve, ms));
      await send(bytes.charAt(index % bytes.length));
    }
  };
}

/** The status of the last answer; 0: the connection was closed without one. */
export function lastStatus({ text }: RawAnswer): number {
  return Number([...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].at(-1)?.[1] ?? 0);
}

export const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Megabytes that a process has in memory. */
export function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Watches a process's memory; answers the most it had. */
export function watchMemory(pid: number): { stop(): number } {
  let most = residentMb(pid);
  const timer = setInterval(() => {
    most = Math.max(most, residentMb(pid));
  }, 50);
  return {
    stop() {
      clearInterval(timer);
      return Math.max(most, residentMb(pid));
    },
  };
}
