// Receives log messages by UDP, in the forms of RFC 3164 and RFC 5424, and prints one line for each. Whoever
// sends them is not to be trusted: what does not fit is still shown, control characters are escaped, and what was
// cut off is said to be (MSG_TRUNC).
//
//   npx tsx examples/syslog.ts 5140
//   logger --server 127.0.0.1 --port 5140 --udp -p daemon.err 'something is wrong'
import { Dispatcher, loop } from 'asyncore';
import { AF_INET, MSG_TRUNC, SOCK_DGRAM } from 'asyncore/socket';

const MOST = 8192;
const SEVERITIES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];
const FACILITIES = (
  'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clock ' +
  'local0 local1 local2 local3 local4 local5 local6 local7'
).split(' ');
const USER_NOTICE = 13;

interface Message {
  readonly priority: number;
  readonly host: string;
  readonly tag: string;
  readonly text: string;
}

/** VERSION TIME HOST APP PROCESS ID [data] text, where `-` means nothing. */
const RFC5424 = /^1 (\S+) (\S+) (\S+) (\S+) (\S+) (?:-|((?:\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\])+))(?: \uFEFF?(.*))?$/s;
/** TIME HOST TAG: text. */
const RFC3164 = /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (\S+) ([^\s:[]+(?:\[\d+\])?): ?(.*)$/s;

function parse(datagram: string): Message {
  const [, number = '', rest = datagram] = /^<(\d{1,3})>(.*)$/s.exec(datagram) ?? [];
  if (number === '' || Number(number) > 191) return { priority: USER_NOTICE, host: '-', tag: '-', text: datagram };
  const priority = Number(number);
  const modern = RFC5424.exec(rest);
  if (modern !== null) {
    const [, , host = '-', app = '-', process = '-', , , text = ''] = modern;
    return { priority, host, tag: process === '-' ? app : `${app}[${process}]`, text };
  }
  const [, host = '-', tag = '-', text = rest] = RFC3164.exec(rest) ?? [];
  return { priority, host, tag, text };
}

/** Nothing that a terminal or a reader of lines would obey. */
function harmless(text: string): string {
  return text.replace(/[\0\r\n]+$/, '').replace(/\p{C}/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16) ?? ''}}`);
}

class Syslog extends Dispatcher {
  constructor(host: string, port: number) {
    super();
    this.createSocket(AF_INET, SOCK_DGRAM);
    this.bind([host, port]);
    this.socket?.setRecvBufferSize(1 << 20); // messages come in bursts, and UDP does not wait
    console.log('listening on %j', this.getsockname());
  }

  override writable() {
    return false;
  }

  override handleRead() {
    const [data, , flags, [sender]] = this.recvmsg(MOST);
    const { priority, host, tag, text } = parse(data.toString());
    const level = `${FACILITIES[priority >> 3]}.${SEVERITIES[priority & 7]}`;
    const cut = (flags & MSG_TRUNC) === 0 ? '' : ` (cut after ${MOST} bytes)`;
    console.log(harmless(`${sender} ${host} ${level} ${tag}: ${text}`) + cut);
  }
}

new Syslog('127.0.0.1', Number(process.argv[2] ?? 5140));
await loop();
