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
      'system/module.test.ts': 'M01 M02 M04 M05 M06 M07',
      'dispatchers/connect_name.test.ts': 'M08',
    },
    none: { M03: 'An import cannot be assigned to: `socketMap` stays what it is, and a map is given (D06)' },
  },
  {
    name: 'A2 read, write, exception, readwrite',
    letter: 'R',
    count: 10,
    files: { 'reactor/guard.test.ts': 'R01 R02 R03 R04 R05 R06 R07 R08 R09 R10' },
  },
  {
    name: 'A3 poll(): select',
    letter: 'S',
    count: 21,
    files: {
      'reactor/timeouts.test.ts': 'S01 S06 S07 S08 S09 S18 S19 S20 S21',
      'reactor/consult.test.ts': 'S02 S03 S04 S05 S06 S14 S15',
      'reactor/dispatch_order.test.ts': 'S10 S11 S12 S18 S19',
      'reactor/stale_events.test.ts': 'S13',
      'reactor/bad_descriptors.test.ts': 'S16 S17',
    },
  },
  {
    name: 'A4 poll2(): poll',
    letter: 'Q',
    count: 20,
    files: {
      'reactor/timeouts.test.ts': 'Q01 Q02 Q03',
      'reactor/consult.test.ts': 'Q04 Q05 Q06',
      'reactor/dispatch_order.test.ts': 'Q07 Q08 Q20',
      'reactor/stale_events.test.ts': 'Q09',
      'dispatchers/hang_up.test.ts': 'Q10 Q11 Q12 Q13 Q14 Q16',
      'reactor/bad_descriptors.test.ts': 'Q15 Q18',
      'dispatchers/unconnected.test.ts': 'Q17',
    },
    none: { Q19: 'A cost, not a behaviour: registrations are kept here from pass to pass' },
  },
  {
    name: 'A5 loop()',
    letter: 'L',
    count: 10,
    files: {
      'reactor/loop.test.ts': 'L01 L02 L03 L04 L05 L06 L07 L08 L09 L10',
      'reactor/timeouts.test.ts': 'L05',
    },
  },
  {
    name: 'A6 Construction, map, repr',
    letter: 'D',
    count: 16,
    files: {
      'dispatchers/channel_map.test.ts': 'D01 D02 D03 D04 D05 D06 D07 D08 D09 D10 D11 D12 D13 D14 D15 D16',
      'dispatchers/accept.test.ts': 'D03',
    },
  },
  {
    name: 'A7 Socket methods',
    letter: 'K',
    count: 20,
    files: {
      'descriptors/socket_setup.test.ts': 'K01 K02 K03 K04 K05 K06',
      'dispatchers/connect.test.ts': 'K07 K08 K09 K10 K11 K12 K17 K19 K20',
      'dispatchers/accept.test.ts': 'K13 K14 K15 K16',
      'dispatchers/accept_pause.test.ts': 'K14',
      'dispatchers/transfer.test.ts': 'K18',
    },
  },
  {
    name: 'A8 send, recv, close',
    letter: 'I',
    count: 16,
    files: {
      'dispatchers/transfer.test.ts': 'I01 I02 I03 I04 I05 I06 I07 I08 I09 I10 I11 I12 I13 I14 I15 I16',
      'dispatchers/hang_up.test.ts': 'I08',
      'dispatchers/connect.test.ts': 'I16',
    },
  },
  {
    name: 'A9 handle_*_event',
    letter: 'E',
    count: 14,
    files: {
      'dispatchers/accept.test.ts': 'E01 E05',
      'dispatchers/connect.test.ts': 'E02 E06 E08 E09 E10 E11',
      'dispatchers/unconnected.test.ts': 'E03',
      'dispatchers/handlers.test.ts': 'E01 E04 E05 E07 E12 E13',
      'dispatchers/transfer.test.ts': 'E12',
      'reactor/dispatch_order.test.ts': 'E14',
    },
  },
  {
    name: 'A10 Default handlers, logging',
    letter: 'H',
    count: 12,
    files: {
      'dispatchers/handlers.test.ts': 'H01 H02 H03 H04 H05 H08 H11',
      'dispatchers/accept.test.ts': 'H06 H07 H12',
      'dispatchers/accept_pause.test.ts': 'H09 H10',
    },
  },
  {
    name: 'A11 dispatcher_with_send',
    letter: 'W',
    count: 9,
    files: {
      'dispatchers/with_send.test.ts': 'W01 W02 W03 W04 W05 W06 W07 W09',
      'chat/linearity.test.ts': 'W08',
    },
  },
  {
    name: 'A12 compact_traceback, close_all',
    letter: 'T',
    count: 9,
    files: { 'reactor/close_all.test.ts': 'T01 T02 T03 T04 T05 T06 T07 T08 T09' },
  },
  {
    name: 'A13 file_wrapper, file_dispatcher',
    letter: 'F',
    count: 16,
    files: {
      'descriptors/file_wrapper.test.ts': 'F01 F02 F03 F04 F05 F06 F07 F12',
      'dispatchers/file_dispatcher.test.ts': 'F08 F10 F11 F12 F13 F14 F15 F16',
      'descriptors/nonblocking_flag.test.ts': 'F09',
    },
  },
  {
    name: 'A14 async_chat: input',
    letter: 'C',
    count: 29,
    files: {
      'chat/chat_input.test.ts':
        'C01 C02 C03 C04 C05 C06 C07 C08 C09 C10 C11 C12 C13 C14 C15 C16 C17 C18 C19 C20 C21 C22 C23 C24 C25 C26 C27 C28 C29',
      'chat/chat_model.test.ts': 'C05 C20 C22',
      'chat/linearity.test.ts': 'C29',
    },
  },
  {
    name: 'A15 async_chat: output',
    letter: 'O',
    count: 26,
    files: {
      'chat/chat_output.test.ts': 'O01 O02 O03 O04 O05 O06 O08 O09 O10 O11 O12 O13 O14 O17 O20 O21 O22 O23 O24 O26',
      'chat/chat_sending.test.ts': 'O07 O15 O16 O18 O20',
      'chat/chat_queue.test.ts': 'O19 O25',
      'chat/linearity.test.ts': 'O10 O26',
    },
  },
  {
    name: 'A16 helpers',
    letter: 'P',
    count: 2,
    files: { 'chat/producer.test.ts': 'P01 P02' },
  },
];

/** Where each deviation from CPython (docs/deviations.md) is tested. */
export const DEVIATIONS: Readonly<Record<number, readonly string[]>> = {
  1: ['reactor/stale_events.test.ts', 'reactor/dispatch_order.test.ts', 'reactor/guard.test.ts'],
  2: ['dispatchers/hang_up.test.ts', 'reactor/guard.test.ts'],
  3: ['reactor/consult.test.ts'],
  4: ['reactor/bad_descriptors.test.ts'],
  5: ['reactor/timeouts.test.ts'],
  6: ['dispatchers/connect.test.ts'],
  7: ['dispatchers/connect_name.test.ts', 'dispatchers/unconnected.test.ts'],
  8: ['dispatchers/accept_pause.test.ts'],
  9: ['dispatchers/transfer.test.ts', 'dispatchers/small_deviations.test.ts'],
  10: ['chat/chat_input.test.ts', 'chat/chat_model.test.ts'],
  11: ['descriptors/nonblocking_flag.test.ts'],
  12: ['dispatchers/accept.test.ts'],
  13: ['descriptors/dropped.test.ts', 'descriptors/file_wrapper.test.ts'],
  14: ['chat/chat_queue.test.ts'],
};
