// Where each observable behaviour of CPython's asyncore is tested. The rows are those of the list
// from which this library was written: a letter for the section, a number for the behaviour. A test
// bears the rows it covers in its title; rows.test.ts checks that it is there.

export interface Section {
  readonly name: string;
  readonly letter: string;
  /** Rows 01 to this. */
  readonly count: number;
  /** The rows by the file under test/ that covers them. */
  readonly files: Readonly<Record<string, string>>;
  /** The rows that have no counterpart here, and why. */
  readonly none?: Readonly<Record<string, string>>;
}

export const SECTIONS: readonly Section[] = [
  {
    name: 'A1 Module, constants, exceptions',
    letter: 'M',
    count: 8,
    files: {
      'module.test.ts': 'M01 M02 M04 M05 M06 M07',
      'connect_name.test.ts': 'M08',
    },
    none: { M03: 'An import cannot be assigned to: `socketMap` stays what it is, and a map is given (D06)' },
  },
  {
    name: 'A2 read, write, exception, readwrite',
    letter: 'R',
    count: 10,
    files: { 'guard.test.ts': 'R01 R02 R03 R04 R05 R06 R07 R08 R09 R10' },
  },
  {
    name: 'A3 poll(): select',
    letter: 'S',
    count: 21,
    files: {
      'timeouts.test.ts': 'S01 S06 S07 S08 S09 S18 S19 S20 S21',
      'consult.test.ts': 'S02 S03 S04 S05 S06 S14 S15',
      'dispatch_order.test.ts': 'S10 S11 S12 S18 S19',
      'stale_events.test.ts': 'S13',
      'bad_descriptors.test.ts': 'S16 S17',
    },
  },
  {
    name: 'A4 poll2(): poll',
    letter: 'Q',
    count: 20,
    files: {
      'timeouts.test.ts': 'Q01 Q02 Q03',
      'consult.test.ts': 'Q04 Q05 Q06',
      'dispatch_order.test.ts': 'Q07 Q08 Q20',
      'stale_events.test.ts': 'Q09',
      'hang_up.test.ts': 'Q10 Q11 Q12 Q13 Q14 Q16',
      'bad_descriptors.test.ts': 'Q15 Q18',
      'unconnected.test.ts': 'Q17',
    },
    none: { Q19: 'A cost, not a behaviour: registrations are kept here from pass to pass' },
  },
  {
    name: 'A5 loop()',
    letter: 'L',
    count: 10,
    files: {
      'loop.test.ts': 'L01 L02 L03 L04 L05 L06 L07 L08 L09 L10',
      'timeouts.test.ts': 'L05',
    },
  },
  {
    name: 'A6 Construction, map, repr',
    letter: 'D',
    count: 16,
    files: {
      'channel_map.test.ts': 'D01 D02 D03 D04 D05 D06 D07 D08 D09 D10 D11 D12 D13 D14 D15 D16',
      'accept.test.ts': 'D03',
    },
  },
  {
    name: 'A7 Socket methods',
    letter: 'K',
    count: 20,
    files: {
      'socket_setup.test.ts': 'K01 K02 K03 K04 K05 K06',
      'connect.test.ts': 'K07 K08 K09 K10 K11 K12 K17 K19 K20',
      'accept.test.ts': 'K13 K14 K15 K16',
      'accept_pause.test.ts': 'K14',
      'transfer.test.ts': 'K18',
    },
  },
  {
    name: 'A8 send, recv, close',
    letter: 'I',
    count: 16,
    files: {
      'transfer.test.ts': 'I01 I02 I03 I04 I05 I06 I07 I08 I09 I10 I11 I12 I13 I14 I15 I16',
      'hang_up.test.ts': 'I08',
      'connect.test.ts': 'I16',
    },
  },
  {
    name: 'A9 handle_*_event',
    letter: 'E',
    count: 14,
    files: {
      'accept.test.ts': 'E01 E05',
      'connect.test.ts': 'E02 E06 E08 E09 E10 E11',
      'unconnected.test.ts': 'E03',
      'handlers.test.ts': 'E01 E04 E05 E07 E12 E13',
      'transfer.test.ts': 'E12',
      'dispatch_order.test.ts': 'E14',
    },
  },
  {
    name: 'A10 Default handlers, logging',
    letter: 'H',
    count: 12,
    files: {
      'handlers.test.ts': 'H01 H02 H03 H04 H05 H08 H11',
      'accept.test.ts': 'H06 H07 H12',
      'accept_pause.test.ts': 'H09 H10',
    },
  },
  {
    name: 'A11 dispatcher_with_send',
    letter: 'W',
    count: 9,
    files: {
      'with_send.test.ts': 'W01 W02 W03 W04 W05 W06 W07 W09',
      'linearity.test.ts': 'W08',
    },
  },
  {
    name: 'A12 compact_traceback, close_all',
    letter: 'T',
    count: 9,
    files: { 'close_all.test.ts': 'T01 T02 T03 T04 T05 T06 T07 T08 T09' },
  },
  {
    name: 'A13 file_wrapper, file_dispatcher',
    letter: 'F',
    count: 16,
    files: {
      'file_wrapper.test.ts': 'F01 F02 F03 F04 F05 F06 F07 F12',
      'file_dispatcher.test.ts': 'F08 F10 F11 F12 F13 F14 F15 F16',
      'nonblocking_flag.test.ts': 'F09',
    },
  },
  {
    name: 'A14 async_chat: input',
    letter: 'C',
    count: 29,
    files: {
      'chat_input.test.ts':
        'C01 C02 C03 C04 C05 C06 C07 C08 C09 C10 C11 C12 C13 C14 C15 C16 C17 C18 C19 C20 C21 C22 C23 C24 C25 C26 C27 C28 C29',
      'chat_model.test.ts': 'C05 C20 C22',
      'linearity.test.ts': 'C29',
    },
  },
  {
    name: 'A15 async_chat: output',
    letter: 'O',
    count: 26,
    files: {
      'chat_output.test.ts': 'O01 O02 O03 O04 O05 O06 O08 O09 O10 O11 O12 O13 O14 O17 O20 O21 O22 O23 O24 O26',
      'chat_sending.test.ts': 'O07 O15 O16 O18 O20',
      'chat_queue.test.ts': 'O19 O25',
      'linearity.test.ts': 'O10 O26',
    },
  },
  {
    name: 'A16 helpers',
    letter: 'P',
    count: 2,
    files: { 'producer.test.ts': 'P01 P02' },
  },
];

/** Where each deviation from CPython (docs/deviations.md) is tested. */
export const DEVIATIONS: Readonly<Record<number, readonly string[]>> = {
  1: ['stale_events.test.ts', 'dispatch_order.test.ts', 'guard.test.ts'],
  2: ['hang_up.test.ts', 'guard.test.ts'],
  3: ['consult.test.ts'],
  4: ['bad_descriptors.test.ts'],
  5: ['timeouts.test.ts'],
  6: ['connect.test.ts'],
  7: ['connect_name.test.ts', 'unconnected.test.ts'],
  8: ['accept_pause.test.ts'],
  9: ['transfer.test.ts', 'small_deviations.test.ts'],
  10: ['chat_input.test.ts', 'chat_model.test.ts'],
  11: ['nonblocking_flag.test.ts'],
  12: ['accept.test.ts'],
  13: ['dropped.test.ts', 'file_wrapper.test.ts'],
  14: ['chat_queue.test.ts'],
};
