import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface ForgetfulNat {
  port: number;
  /** Forgets flows on which nothing moved for `quietMs`: drops what arrives on them from now on, without closing them. */
  forget(quietMs: number): void;
  /** Returns how many flows were used after they had been forgotten. */
  missed(): number;
  stop(): Promise<void>;
}

/** Starts a forwarder to a port on loopback that forgets flows, as NAT and firewalls do when nothing moves on them. */
export async function startForgetfulNat(targetPort: number): Promise<ForgetfulNat> {
  const sockets = new Set<Socket>();
  const flows = new Set<{ movedAt: number; forgotten: boolean; missed: boolean }>();
  // A half-open connection stays half-open, because the end of a forgotten flow must not be answered either.
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const flow = { movedAt: performance.now(), forgotten: false, missed: false };
    flows.add(flow);
    const upstream = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true });
    const pairs = [[client, upstream] as const, [upstream, client] as const];
    for (const [from, to] of pairs) {
      sockets.add(from);
      from.on('error', () => {}).on('close', () => !flow.forgotten && to.destroy());
      from.on('end', () => !flow.forgotten && to.end());
      from.on('data', (chunk) => {
        flow.movedAt = performance.now();
        if (flow.forgotten) flow.missed = true;
        else to.write(chunk);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    forget(quietMs) {
      for (const flow of flows) flow.forgotten ||= performance.now() - flow.movedAt >= quietMs;
    },
    missed: () => [...flows].filter(({ missed }) => missed).length,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
