// Linux's struct tcp_info (include/uapi/linux/tcp.h) as an object. The kernel gives as much of it as it
// knows; what it does not know is NaN.

const STATES = [
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'NEW_SYN_RECV',
] as const;

/** How many bytes of the structure are read here. */
export const TCP_INFO_SIZE = 216;

/**
 * What the system knows of a TCP connection: struct tcp_info of Linux. Times are in seconds, sizes in
 * bytes, windows in segments, rates in bytes a second. What the kernel does not know is NaN.
 */
export interface TcpInfo {
  readonly state: (typeof STATES)[number] | 'UNKNOWN';
  /** Retransmissions of what is at the front of the queue now. */
  readonly retransmits: number;
  readonly probes: number;
  readonly backoff: number;
  /** When what is not acknowledged is sent again. */
  readonly rto: number;
  readonly ato: number;
  /** Bytes. */
  readonly sendMss: number;
  /** Bytes. */
  readonly receiveMss: number;
  /** Segments on the way. */
  readonly unacked: number;
  readonly sacked: number;
  readonly lost: number;
  readonly retransmitting: number;
  /** How long ago. */
  readonly lastDataSent: number;
  /** How long ago. */
  readonly lastDataReceived: number;
  /** How long ago. */
  readonly lastAckReceived: number;
  /** Bytes. */
  readonly pmtu: number;
  readonly receiveSsthresh: number;
  /** The time of a round trip, smoothed. */
  readonly rtt: number;
  readonly rttVariance: number;
  readonly sendSsthresh: number;
  /** Segments. */
  readonly congestionWindow: number;
  /** Bytes. */
  readonly advertisedMss: number;
  readonly reordering: number;
  readonly receiveRtt: number;
  /** Bytes. */
  readonly receiveSpace: number;
  /** Segments. */
  readonly totalRetransmits: number;
  /** Bytes a second. */
  readonly pacingRate: number;
  readonly maxPacingRate: number;
  readonly bytesAcked: number;
  readonly bytesReceived: number;
  readonly segmentsOut: number;
  readonly segmentsIn: number;
  /** Waiting in the send queue. */
  readonly notSentBytes: number;
  readonly minRtt: number;
  readonly dataSegmentsIn: number;
  readonly dataSegmentsOut: number;
  /** Bytes a second. */
  readonly deliveryRate: number;
  readonly busyTime: number;
  /** How long the peer's window was what held us back. */
  readonly receiveWindowLimited: number;
  /** How long our send buffer was. */
  readonly sendBufferLimited: number;
  readonly delivered: number;
  readonly deliveredCe: number;
  readonly bytesSent: number;
  readonly bytesRetransmitted: number;
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Reads one number after the other. */
class Reader {
  readonly #view: DataView;
  #place = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Moves on by so many bytes; where they begin, or undefined if they are not all there. */
  skip(size: number): number | undefined {
    const place = this.#place;
    this.#place += size;
    return this.#place > this.#view.byteLength ? undefined : place;
  }

  u8(): number {
    const place = this.skip(1);
    return place === undefined ? Number.NaN : this.#view.getUint8(place);
  }

  u32(): number {
    const place = this.skip(4);
    return place === undefined ? Number.NaN : this.#view.getUint32(place, isLittleEndian);
  }

  u64(): number {
    const place = this.skip(8);
    return place === undefined ? Number.NaN : Number(this.#view.getBigUint64(place, isLittleEndian));
  }

  milliseconds(): number {
    return this.u32() / 1e3;
  }

  microseconds(): number {
    const value = this.u32();
    // No sample yet.
    return value === 2 ** 32 - 1 ? Number.NaN : value / 1e6;
  }
}

/** The structure's bytes, decoded; each field is read in its place. */
export function decodeTcpInfo(bytes: Uint8Array): TcpInfo {
  const reader = new Reader(bytes);
  const skipped = (size: number, next: () => number) => {
    reader.skip(size);
    return next();
  };
  return {
    state: STATES[reader.u8() - 1] ?? 'UNKNOWN',
    retransmits: skipped(1, () => reader.u8()),
    probes: reader.u8(),
    backoff: reader.u8(),
    rto: skipped(3, () => reader.microseconds()),
    ato: reader.microseconds(),
    sendMss: reader.u32(),
    receiveMss: reader.u32(),
    unacked: reader.u32(),
    sacked: reader.u32(),
    lost: reader.u32(),
    retransmitting: reader.u32(),
    lastDataSent: skipped(4, () => reader.milliseconds()),
    lastDataReceived: skipped(4, () => reader.milliseconds()),
    lastAckReceived: reader.milliseconds(),
    pmtu: reader.u32(),
    receiveSsthresh: reader.u32(),
    rtt: reader.microseconds(),
    rttVariance: reader.microseconds(),
    sendSsthresh: reader.u32(),
    congestionWindow: reader.u32(),
    advertisedMss: reader.u32(),
    reordering: reader.u32(),
    receiveRtt: reader.microseconds(),
    receiveSpace: reader.u32(),
    totalRetransmits: reader.u32(),
    pacingRate: reader.u64(),
    maxPacingRate: reader.u64(),
    bytesAcked: reader.u64(),
    bytesReceived: reader.u64(),
    segmentsOut: reader.u32(),
    segmentsIn: reader.u32(),
    notSentBytes: reader.u32(),
    minRtt: reader.microseconds(),
    dataSegmentsIn: reader.u32(),
    dataSegmentsOut: reader.u32(),
    deliveryRate: reader.u64(),
    busyTime: reader.u64() / 1e6,
    receiveWindowLimited: reader.u64() / 1e6,
    sendBufferLimited: reader.u64() / 1e6,
    delivered: reader.u32(),
    deliveredCe: reader.u32(),
    bytesSent: reader.u64(),
    bytesRetransmitted: reader.u64(),
  };
}
