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
  /** The state of the connection; `UNKNOWN` if it is none of these. */
  readonly state: (typeof STATES)[number] | 'UNKNOWN';
  /** Retransmissions of what is at the front of the queue now. */
  readonly retransmits: number;
  /** Probes sent without an answer: keep-alive, or of a window that is closed. */
  readonly probes: number;
  /** How often `rto` or the time between probes has been doubled since the last answer. */
  readonly backoff: number;
  /** When what is not acknowledged is sent again. */
  readonly rto: number;
  /** How long an acknowledgement may be delayed, in seconds. */
  readonly ato: number;
  /** Bytes. */
  readonly sendMss: number;
  /** Bytes. */
  readonly receiveMss: number;
  /** Segments on the way. */
  readonly unacked: number;
  /** Segments acknowledged out of order (SACK). Of a listener: how many connections may wait. */
  readonly sacked: number;
  /** Segments that count as lost. */
  readonly lost: number;
  /** Segments that were sent again and are not acknowledged yet. */
  readonly retransmitting: number;
  /** How long ago. */
  readonly lastDataSent: number;
  /** How long ago. */
  readonly lastDataReceived: number;
  /** How long ago. */
  readonly lastAckReceived: number;
  /** Bytes. */
  readonly pmtu: number;
  /** Up to how many bytes the receive window may grow at present. */
  readonly receiveSsthresh: number;
  /** The time of a round trip, smoothed. */
  readonly rtt: number;
  /** How much `rtt` varies, in seconds: the smoothed mean deviation. */
  readonly rttVariance: number;
  /** The congestion window, in segments, at which slow start ends; 2**31 - 1 until congestion has set it. */
  readonly sendSsthresh: number;
  /** Segments. */
  readonly congestionWindow: number;
  /** Bytes. */
  readonly advertisedMss: number;
  /** By how many segments the order may be upset before one counts as lost. */
  readonly reordering: number;
  /** The time of a round trip as the receiving side estimates it, in seconds; 0 without an estimate. */
  readonly receiveRtt: number;
  /** Bytes. */
  readonly receiveSpace: number;
  /** Segments. */
  readonly totalRetransmits: number;
  /** Bytes a second. */
  readonly pacingRate: number;
  /** The limit of `pacingRate` (SO_MAX_PACING_RATE), in bytes a second; about 1.8e19 if there is none. */
  readonly maxPacingRate: number;
  /** Bytes that the peer has acknowledged; a SYN and a FIN may count as one each. */
  readonly bytesAcked: number;
  /** Bytes that were received without a gap; the peer's FIN may count as one. */
  readonly bytesReceived: number;
  /** Segments sent, with or without data, also again. */
  readonly segmentsOut: number;
  /** Segments received, with or without data. */
  readonly segmentsIn: number;
  /** Waiting in the send queue. */
  readonly notSentBytes: number;
  /** The shortest round trip of the last minutes, in seconds; NaN before there was one. */
  readonly minRtt: number;
  /** Segments received with data. */
  readonly dataSegmentsIn: number;
  /** Segments sent with data, also again. */
  readonly dataSegmentsOut: number;
  /** Bytes a second. */
  readonly deliveryRate: number;
  /** For how many seconds there was something to send or to be acknowledged. */
  readonly busyTime: number;
  /** How long the peer's window was what held us back. */
  readonly receiveWindowLimited: number;
  /** How long our send buffer was. */
  readonly sendBufferLimited: number;
  /** Segments that have arrived at the peer, also those sent again. */
  readonly delivered: number;
  /** Those of `delivered` that were marked on the way because of congestion (ECN). */
  readonly deliveredCe: number;
  /** Bytes of data sent, also again. */
  readonly bytesSent: number;
  /** Bytes of data sent again. */
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
