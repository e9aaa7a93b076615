import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

const handshakeGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const opcodes = { text: 0x81, close: 0x88 };

/** Accepts a WebSocket connection (RFC 6455) and sends each text message back. Messages have at most 125 bytes. */
export function acceptWebSocket({ headers }: IncomingMessage, socket: Duplex): void {
  const accept = createHash('sha1').update(`${headers['sec-websocket-key']}${handshakeGuid}`).digest('base64');
  const fields = ['Connection: Upgrade', 'Upgrade: websocket', `Sec-WebSocket-Accept: ${accept}`];
  socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields.join('\r\n')}\r\n\r\n`);
  let pending = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (more: Buffer) => {
    pending = Buffer.concat([pending, more]);
    for (let frame = readFrame(pending); frame !== null; frame = readFrame(pending)) {
      pending = pending.subarray(frame.length);
      socket.write(Buffer.concat([Buffer.from([frame.opcode, frame.payload.length]), frame.payload]));
      if (frame.opcode === opcodes.close) socket.end();
    }
  });
}

/** Reads one frame, which clients always mask (§5.3). Returns null if it has not arrived completely. */
function readFrame(bytes: Buffer): { opcode: number; payload: Buffer; length: number } | null {
  const [opcode = 0, masked = 0] = bytes;
  const length = 6 + (masked & 0x7f);
  if (bytes.length < length) return null;
  const mask = bytes.subarray(2, 6);
  const payload = Buffer.from(bytes.subarray(6, length).map((byte, i) => byte ^ (mask[i % 4] ?? 0)));
  return { opcode, payload, length };
}
