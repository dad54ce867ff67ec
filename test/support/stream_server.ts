// A listening channel whose connections become streams, or whatever else is to be tried.
import { type Channel, closeAll, Dispatcher, type LoopOptions, loop } from '../../lib/index.ts';
import { AF_INET, Socket } from '../../lib/socket.ts';

/** Listens on a port of its own while `use` runs, and hands each connection to `serve`. */
export async function listening(
  options: LoopOptions,
  serve: (sock: Socket, map: Map<number, Channel>) => void,
  use: (port: number) => Promise<void>,
): Promise<void> {
  const map = new Map<number, Channel>();
  class Listener extends Dispatcher {
    override handleAccepted(sock: Socket) {
      serve(sock, map);
    }
  }
  const listener = new Listener(null, map);
  const socket = new Socket(AF_INET);
  socket.bind(['127.0.0.1', 0]);
  socket.listen();
  listener.setSocket(socket);
  const running = loop({ ...options, map });
  try {
    await use(socket.getsockname()[1]);
  } finally {
    closeAll(map);
    await running;
  }
}
