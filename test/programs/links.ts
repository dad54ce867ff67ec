// Hears, as a member of a netlink group, that the loopback interface of a network namespace of its own goes up and
// down again, which another socket asks for.
import { Dispatcher, loop } from '../../lib/index.ts';
import { AF_NETLINK, NETLINK_ROUTE, RTMGRP_LINK, SOCK_RAW, Socket } from '../../lib/socket.ts';

const RTM_NEWLINK = 16;
const NLM_F_REQUEST = 1;
const IFF_UP = 1;
const LOOPBACK = 1;

/** nlmsghdr and ifinfomsg. */
function request(isUp: boolean): Buffer {
  const bytes = Buffer.alloc(32);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(RTM_NEWLINK, 4);
  bytes.writeUInt16LE(NLM_F_REQUEST, 6);
  bytes.writeInt32LE(LOOPBACK, 20);
  bytes.writeUInt32LE(isUp ? IFF_UP : 0, 24);
  bytes.writeUInt32LE(IFF_UP, 28);
  return bytes;
}

class Links extends Dispatcher {
  readonly #isDone: (index: number, isUp: boolean, groups: number) => boolean;

  constructor(map: Map<number, Dispatcher>, isDone: (index: number, isUp: boolean, groups: number) => boolean) {
    super(new Socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), map);
    this.#isDone = isDone;
    const address = Buffer.alloc(10);
    address.writeUInt32LE(RTMGRP_LINK, 6);
    this.bind(address);
  }

  override writable() {
    return false;
  }

  override handleRead() {
    const [data, sender] = this.recvfrom(65536);
    if (data.readUInt16LE(4) !== RTM_NEWLINK || !Buffer.isBuffer(sender)) return;
    const isUp = (data.readUInt32LE(24) & IFF_UP) !== 0;
    if (this.#isDone(data.readInt32LE(20), isUp, sender.readUInt32LE(6))) this.close();
  }
}

for (const backend of ['select', 'poll'] as const) {
  const map = new Map();
  const wanted = backend === 'select';
  new Links(map, (index, isUp, groups) => {
    if (isUp !== wanted) return false;
    console.log(`${backend}: interface ${index} is ${isUp ? 'up' : 'down'}, from group ${groups}`);
    return true;
  });
  const asker = new Socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  asker.sendto(request(wanted), Buffer.alloc(10));
  await loop({ map, backend });
  asker.close();
}
