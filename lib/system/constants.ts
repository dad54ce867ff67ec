// The system's constants, read from the addon so that no number is hard-coded here. A constant that
// this system does not have is NaN.
import { constant } from './native.ts';

/** There is input, or its end: poll(2). */
export const POLLIN = constant('POLLIN');
/** An exceptional condition: urgent data, a change of a GPIO or of /proc/self/mounts. */
export const POLLPRI = constant('POLLPRI');
/** There is room to send. */
export const POLLOUT = constant('POLLOUT');
/** An error: reported always, asked for or not. */
export const POLLERR = constant('POLLERR');
/** The other side has gone: reported always. */
export const POLLHUP = constant('POLLHUP');
/** The descriptor is not open: reported always. */
export const POLLNVAL = constant('POLLNVAL');
/** No address family in particular. */
export const AF_UNSPEC = constant('AF_UNSPEC');
/** IPv4: ip(7). */
export const AF_INET = constant('AF_INET');
/** IPv6: ipv6(7). */
export const AF_INET6 = constant('AF_INET6');
/** Sockets of this machine, named by paths: unix(7). */
export const AF_UNIX = constant('AF_UNIX');
/** A stream of bytes, such as TCP. */
export const SOCK_STREAM = constant('SOCK_STREAM');
/** Datagrams, such as UDP. */
export const SOCK_DGRAM = constant('SOCK_DGRAM');
/** A connection that keeps the boundaries of messages. */
export const SOCK_SEQPACKET = constant('SOCK_SEQPACKET');
/** Raw packets: raw(7). Needs privileges. */
export const SOCK_RAW = constant('SOCK_RAW');
/** Datagrams that arrive, in any order. */
export const SOCK_RDM = constant('SOCK_RDM');
/** The level of the `SO_*` options: socket(7). */
export const SOL_SOCKET = constant('SOL_SOCKET');
/** Whether the socket listens; to be read only. */
export const SO_ACCEPTCONN = constant('SO_ACCEPTCONN');
/** Whether datagrams may be sent to a broadcast address. */
export const SO_BROADCAST = constant('SO_BROADCAST');
/** Whether the protocol keeps debugging information. Needs privileges. */
export const SO_DEBUG = constant('SO_DEBUG');
/** Whether to send to directly connected hosts only. */
export const SO_DONTROUTE = constant('SO_DONTROUTE');
/** The pending error, which reading it clears. */
export const SO_ERROR = constant('SO_ERROR');
/** Whether to probe an idle peer: tcp(7). */
export const SO_KEEPALIVE = constant('SO_KEEPALIVE');
/** What close() does about unsent data; a `struct linger`. */
export const SO_LINGER = constant('SO_LINGER');
/** Whether urgent data stays between the other bytes. */
export const SO_OOBINLINE = constant('SO_OOBINLINE');
/** The size of the receive buffer, in bytes; Linux doubles what is set. */
export const SO_RCVBUF = constant('SO_RCVBUF');
/** How many bytes must have arrived before the socket is readable. */
export const SO_RCVLOWAT = constant('SO_RCVLOWAT');
/** How long a blocking receive waits; a `struct timeval`. */
export const SO_RCVTIMEO = constant('SO_RCVTIMEO');
/** Whether an address may be bound while old connections linger on it. */
export const SO_REUSEADDR = constant('SO_REUSEADDR');
/** Whether several sockets may be bound to the same port. */
export const SO_REUSEPORT = constant('SO_REUSEPORT');
/** The size of the send buffer, in bytes; Linux doubles what is set. */
export const SO_SNDBUF = constant('SO_SNDBUF');
/** How much room there must be before the socket is writable; Linux does not let it be changed. */
export const SO_SNDLOWAT = constant('SO_SNDLOWAT');
/** How long a blocking send waits; a `struct timeval`. */
export const SO_SNDTIMEO = constant('SO_SNDTIMEO');
/** The type of the socket, `SOCK_*`; to be read only. */
export const SO_TYPE = constant('SO_TYPE');
/** The largest backlog that listen() was compiled with. */
export const SOMAXCONN = constant('SOMAXCONN');
/** The protocol ICMP. */
export const IPPROTO_ICMP = constant('IPPROTO_ICMP');
/** The protocol ICMPv6. */
export const IPPROTO_ICMPV6 = constant('IPPROTO_ICMPV6');
/** The level of the `IP_*` options: ip(7). */
export const IPPROTO_IP = constant('IPPROTO_IP');
/** The level of the `IPV6_*` options: ipv6(7). */
export const IPPROTO_IPV6 = constant('IPPROTO_IPV6');
/** TCP, and the level of the `TCP_*` options: tcp(7). */
export const IPPROTO_TCP = constant('IPPROTO_TCP');
/** UDP: udp(7). */
export const IPPROTO_UDP = constant('IPPROTO_UDP');
/** Whether an IPv6 socket takes no IPv4 connections. */
export const IPV6_V6ONLY = constant('IPV6_V6ONLY');
/** Join a multicast group; a `struct ipv6_mreq`. */
export const IPV6_JOIN_GROUP = constant('IPV6_JOIN_GROUP');
/** Leave a multicast group; a `struct ipv6_mreq`. */
export const IPV6_LEAVE_GROUP = constant('IPV6_LEAVE_GROUP');
/** The hop limit of multicast packets that are sent. */
export const IPV6_MULTICAST_HOPS = constant('IPV6_MULTICAST_HOPS');
/** The interface, by its index, that multicast packets leave by. */
export const IPV6_MULTICAST_IF = constant('IPV6_MULTICAST_IF');
/** Whether this host hears the multicast packets that it sends. */
export const IPV6_MULTICAST_LOOP = constant('IPV6_MULTICAST_LOOP');
/** The traffic class of packets that are sent. */
export const IPV6_TCLASS = constant('IPV6_TCLASS');
/** The hop limit of packets that are sent. */
export const IPV6_UNICAST_HOPS = constant('IPV6_UNICAST_HOPS');
/** Join a multicast group; a `struct ip_mreqn`. */
export const IP_ADD_MEMBERSHIP = constant('IP_ADD_MEMBERSHIP');
/** Leave a multicast group; a `struct ip_mreqn`. */
export const IP_DROP_MEMBERSHIP = constant('IP_DROP_MEMBERSHIP');
/** The interface that multicast packets leave by; a `struct in_addr` or `ip_mreqn`. */
export const IP_MULTICAST_IF = constant('IP_MULTICAST_IF');
/** Whether this host hears the multicast packets that it sends. */
export const IP_MULTICAST_LOOP = constant('IP_MULTICAST_LOOP');
/** The time to live of multicast packets that are sent. */
export const IP_MULTICAST_TTL = constant('IP_MULTICAST_TTL');
/** The type of service of packets that are sent. */
export const IP_TOS = constant('IP_TOS');
/** The time to live of packets that are sent. */
export const IP_TTL = constant('IP_TTL');
/** How many keep-alive probes may go unanswered. */
export const TCP_KEEPCNT = constant('TCP_KEEPCNT');
/** Seconds between keep-alive probes. */
export const TCP_KEEPINTVL = constant('TCP_KEEPINTVL');
/** The largest segment, in bytes. */
export const TCP_MAXSEG = constant('TCP_MAXSEG');
/** Whether small segments are sent at once: Nagle's algorithm off. */
export const TCP_NODELAY = constant('TCP_NODELAY');
/** Ancillary data: descriptors, unix(7). */
export const SCM_RIGHTS = constant('SCM_RIGHTS');
/** Of a received message: ancillary data were cut. */
export const MSG_CTRUNC = constant('MSG_CTRUNC');
/** Send to directly connected hosts only: send(2). */
export const MSG_DONTROUTE = constant('MSG_DONTROUTE');
/** Do not block in this call. */
export const MSG_DONTWAIT = constant('MSG_DONTWAIT');
/** The end of a record. */
export const MSG_EOR = constant('MSG_EOR');
/** Urgent data. */
export const MSG_OOB = constant('MSG_OOB');
/** Receive without removing. */
export const MSG_PEEK = constant('MSG_PEEK');
/** Return the true length of a datagram, even if it was cut. */
export const MSG_TRUNC = constant('MSG_TRUNC');
/** Wait for all the bytes; has no effect on a non-blocking socket. */
export const MSG_WAITALL = constant('MSG_WAITALL');
/** No more receiving: shutdown(2). */
export const SHUT_RD = constant('SHUT_RD');
/** No more sending: the peer sees the end. */
export const SHUT_WR = constant('SHUT_WR');
/** Neither receiving nor sending. */
export const SHUT_RDWR = constant('SHUT_RDWR');
/** The peer of a stream socket has shut down its sending side (Linux). */
export const POLLRDHUP = constant('POLLRDHUP');
/** The kernel's cryptography. */
export const AF_ALG = constant('AF_ALG');
/** Controller area network. */
export const AF_CAN = constant('AF_CAN');
/** The kernel's messages: netlink(7). */
export const AF_NETLINK = constant('AF_NETLINK');
/** Packets of a device: packet(7). Needs privileges. */
export const AF_PACKET = constant('AF_PACKET');
/** Between virtual machines and their host: vsock(7). */
export const AF_VSOCK = constant('AF_VSOCK');
/** Close-on-exec, which every socket of this library is. */
export const SOCK_CLOEXEC = constant('SOCK_CLOEXEC');
/** Non-blocking, which every socket of this library is. */
export const SOCK_NONBLOCK = constant('SOCK_NONBLOCK');
/** The interface, by name, that the socket is tied to. */
export const SO_BINDTODEVICE = constant('SO_BINDTODEVICE');
/** The address family, `AF_*`; to be read only. */
export const SO_DOMAIN = constant('SO_DOMAIN');
/** The processor that the socket is tied to. */
export const SO_INCOMING_CPU = constant('SO_INCOMING_CPU');
/** The mark of packets that are sent. Needs privileges. */
export const SO_MARK = constant('SO_MARK');
/** Whether messages bring the sender's credentials: unix(7). */
export const SO_PASSCRED = constant('SO_PASSCRED');
/** The peer's process, user and group; a `struct ucred`, to be read only. */
export const SO_PEERCRED = constant('SO_PEERCRED');
/** The priority of packets that are sent. */
export const SO_PRIORITY = constant('SO_PRIORITY');
/** The protocol; to be read only. */
export const SO_PROTOCOL = constant('SO_PROTOCOL');
/** Whether messages bring the number of those that were dropped. */
export const SO_RXQ_OVFL = constant('SO_RXQ_OVFL');
/** Whether messages bring the time of their arrival; a `struct timeval`. */
export const SO_TIMESTAMP = constant('SO_TIMESTAMP');
/** Whether messages bring the time of their arrival; a `struct timespec`. */
export const SO_TIMESTAMPNS = constant('SO_TIMESTAMPNS');
/** Ancillary data: process, user and group of the sender, unix(7). */
export const SCM_CREDENTIALS = constant('SCM_CREDENTIALS');
/** Ancillary data: where a packet arrived; a `struct in6_pktinfo`. */
export const IPV6_PKTINFO = constant('IPV6_PKTINFO');
/** Whether errors are queued for MSG_ERRQUEUE. */
export const IPV6_RECVERR = constant('IPV6_RECVERR');
/** Whether messages bring IPV6_PKTINFO. */
export const IPV6_RECVPKTINFO = constant('IPV6_RECVPKTINFO');
/** Whether messages bring where they arrived; a `struct in_pktinfo`. */
export const IP_PKTINFO = constant('IP_PKTINFO');
/** Whether errors are queued for MSG_ERRQUEUE. */
export const IP_RECVERR = constant('IP_RECVERR');
/** Whether messages bring their time to live. */
export const IP_RECVTTL = constant('IP_RECVTTL');
/** Whether to hold back partial segments, for at most 0.2 s. */
export const TCP_CORK = constant('TCP_CORK');
/** Seconds to wait for data before a connection is accepted. */
export const TCP_DEFER_ACCEPT = constant('TCP_DEFER_ACCEPT');
/** How many connections may be pending that bring data in their first packet. */
export const TCP_FASTOPEN = constant('TCP_FASTOPEN');
/** What the system knows of the connection; a `struct tcp_info`, to be read only. */
export const TCP_INFO = constant('TCP_INFO');
/** Seconds of silence before the first keep-alive probe. */
export const TCP_KEEPIDLE = constant('TCP_KEEPIDLE');
/** Whether to acknowledge at once, for now. */
export const TCP_QUICKACK = constant('TCP_QUICKACK');
/** How often to try to connect. */
export const TCP_SYNCNT = constant('TCP_SYNCNT');
/** Milliseconds that sent data may go unacknowledged. */
export const TCP_USER_TIMEOUT = constant('TCP_USER_TIMEOUT');
/** Received descriptors are close-on-exec, which the library always asks for. */
export const MSG_CMSG_CLOEXEC = constant('MSG_CMSG_CLOEXEC');
/** Receive from the queue of errors. */
export const MSG_ERRQUEUE = constant('MSG_ERRQUEUE');
/** More will follow: do not send a partial segment yet. */
export const MSG_MORE = constant('MSG_MORE');
/** No SIGPIPE, which the library never lets happen anyway. */
export const MSG_NOSIGNAL = constant('MSG_NOSIGNAL');
/** The level of the `NETLINK_*` options. */
export const SOL_NETLINK = constant('SOL_NETLINK');
/** The level of the `PACKET_*` options. */
export const SOL_PACKET = constant('SOL_PACKET');
/** Join a group, by its number. */
export const NETLINK_ADD_MEMBERSHIP = constant('NETLINK_ADD_MEMBERSHIP');
/** Leave a group, by its number. */
export const NETLINK_DROP_MEMBERSHIP = constant('NETLINK_DROP_MEMBERSHIP');
/** The protocol of udev's events. */
export const NETLINK_KOBJECT_UEVENT = constant('NETLINK_KOBJECT_UEVENT');
/** The protocol of links, addresses and routes: rtnetlink(7). */
export const NETLINK_ROUTE = constant('NETLINK_ROUTE');
/** The group of changes of links, by its number. */
export const RTNLGRP_LINK = constant('RTNLGRP_LINK');
/** The group of changes of links, as a bit of an address. */
export const RTMGRP_LINK = constant('RTMGRP_LINK');
/** The protocol of raw CAN frames. */
export const CAN_RAW = constant('CAN_RAW');
/** The protocol of every packet. */
export const ETH_P_ALL = constant('ETH_P_ALL');
/** The kind of packet that is for this host. */
export const PACKET_HOST = constant('PACKET_HOST');
/** The context id of the host. */
export const VMADDR_CID_HOST = constant('VMADDR_CID_HOST');
