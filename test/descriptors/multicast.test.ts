// Multicast groups of IPv4 and IPv6: who is a member gets what is sent to the group.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { selectSync } from '../../lib/select.ts';
import {
  AF_INET,
  AF_INET6,
  IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_IF,
  IPV6_MULTICAST_LOOP,
  ifNameToIndex,
  SOCK_DGRAM,
  Socket,
} from '../../lib/socket.ts';
import { thrownBy } from '../support/failure.ts';

const GROUP = '239.255.77.1';
const GROUP6 = 'ff02::77:1';

function member(): Socket {
  const sock = new Socket(AF_INET, SOCK_DGRAM);
  sock.bind(['', 0]);
  return sock;
}

describe.each<[how: string, on: () => string | number]>([
  ['address', () => '127.0.0.1'],
  ['name', () => 'lo'],
  ['number', () => ifNameToIndex('lo')],
])('an interface by its %s', (_how, on) => {
  test('members get what is sent to the group, until they leave', () => {
    const [receiver, sender] = [member(), new Socket(AF_INET, SOCK_DGRAM)];
    const address: [string, number] = [GROUP, Number(receiver.getsockname()[1])];
    receiver.addMembership(GROUP, on());
    sender.setMulticastInterface(on());
    sender.sendto('to the group', address);
    selectSync([receiver], [], [], 5);
    expect(receiver.recvfrom(100)[0].toString()).toBe('to the group');
    receiver.dropMembership(GROUP, on());
    sender.sendto('to nobody', address);
    // What comes later was sent later: nothing is on its way.
    sender.sendto('straight', ['127.0.0.1', address[1]]);
    selectSync([receiver], [], [], 5);
    expect(receiver.recvfrom(100)[0].toString()).toBe('straight');
    receiver.close();
    sender.close();
  });
});

test('a sender on this host is heard unless it says no', () => {
  const [receiver, sender] = [member(), new Socket(AF_INET, SOCK_DGRAM)];
  const address: [string, number] = [GROUP, Number(receiver.getsockname()[1])];
  receiver.addMembership(GROUP, 'lo');
  sender.setMulticastInterface('lo');
  sender.setMulticastLoopback(false);
  expect(sender.getsockopt(IPPROTO_IP, IP_MULTICAST_LOOP)).toBe(0);
  sender.setMulticastLoopback(true);
  sender.sendto('heard', address);
  selectSync([receiver], [], [], 5);
  expect(receiver.recvfrom(100)[0].toString()).toBe('heard');
  receiver.close();
  sender.close();
});

test('how far it goes', () => {
  const [four, six] = [new Socket(AF_INET, SOCK_DGRAM), new Socket(AF_INET6, SOCK_DGRAM)];
  for (const ttl of [0, 3, 255]) {
    four.setMulticastTTL(ttl);
    six.setMulticastTTL(ttl);
    expect(four.getsockopt(IPPROTO_IP, IP_MULTICAST_TTL)).toBe(ttl);
    expect(six.getsockopt(IPPROTO_IPV6, IPV6_MULTICAST_HOPS)).toBe(ttl);
  }
  expect(() => four.setMulticastTTL(256)).toThrow(RangeError);
  four.close();
  six.close();
});

test('IPv6: a membership is one of the interface', () => {
  const sock = new Socket(AF_INET6, SOCK_DGRAM);
  const groups = () =>
    readFileSync('/proc/net/igmp6', 'utf8')
      .split('\n')
      .filter((line) => /\slo\s/.test(line) && line.includes('ff020000000000000000000000770001'));
  expect(groups()).toHaveLength(0);
  sock.addMembership(GROUP6, 'lo');
  expect(groups()).toHaveLength(1);
  sock.dropMembership(GROUP6, ifNameToIndex('lo'));
  expect(groups()).toHaveLength(0);
  sock.setMulticastInterface('lo');
  expect(sock.getsockopt(IPPROTO_IPV6, IPV6_MULTICAST_IF)).toBe(ifNameToIndex('lo'));
  sock.setMulticastLoopback(false);
  expect(sock.getsockopt(IPPROTO_IPV6, IPV6_MULTICAST_LOOP)).toBe(0);
  sock.close();
});

test('what is no group, and no interface, is refused', () => {
  const [four, six] = [new Socket(AF_INET, SOCK_DGRAM), new Socket(AF_INET6, SOCK_DGRAM)];
  for (const group of ['name', GROUP6, '', 7, undefined]) {
    expect(thrownBy(() => Reflect.apply(four.addMembership, four, [group]))).toMatchObject({
      code: 'ERR_INVALID_ARG_VALUE',
    });
  }
  for (const group of [GROUP, 'fe80::1%lo']) {
    expect(() => six.addMembership(group)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }));
  }
  expect(() => four.addMembership('127.0.0.1', 'lo')).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  expect(() => four.addMembership(GROUP, 'no such one')).toThrow(expect.objectContaining({ code: 'ENODEV' }));
  expect(() => six.addMembership(GROUP6, 'no such one')).toThrow(expect.objectContaining({ code: 'ENODEV' }));
  expect(() => six.addMembership(GROUP6, -1)).toThrow(RangeError);
  four.close();
  six.close();
});
