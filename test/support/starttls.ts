// A mail server with STARTTLS in the middle of an AsyncChat conversation, and a client in Python.
import tls from 'node:tls';
import { AsyncChat, type Channel } from '../../lib/index.ts';
import type { Socket } from '../../lib/socket.ts';
import { toDuplex } from '../../lib/stream.ts';
import type { Certificate } from './certificate.ts';

/** SMTP with STARTTLS: enough for smtplib and openssl. */
export class Smtp extends AsyncChat {
  /** What was sent: the version of TLS, and each mail. */
  static readonly mails: string[] = [];
  readonly #certificate: Certificate;
  #secure: tls.TLSSocket | undefined;
  #lines: string[] | undefined;
  #hasQuit = false;

  constructor(sock: Socket, map: Map<number, Channel>, certificate: Certificate) {
    super(sock, map);
    this.#certificate = certificate;
    this.setTerminator('\r\n');
    this.push('220 test ESMTP\r\n');
  }

  override collectIncomingData(data: Buffer) {
    this._collectIncomingData(data);
  }

  override foundTerminator() {
    const line = this._getData().toString();
    if (line !== 'STARTTLS') {
      this.answer(line, (text) => this.push(text));
      return;
    }
    this.push('220 go ahead\r\n');
    const { key, cert } = this.#certificate;
    const secure = new tls.TLSSocket(toDuplex(this), { isServer: true, key, cert });
    this.#secure = secure;
    // The end of the client's side without its farewell is no fault of ours.
    secure.on('error', () => secure.destroy());
    this.talk(secure).catch((error: unknown) => {
      if (!this.#hasQuit) throw error;
    });
  }

  async talk(secure: tls.TLSSocket) {
    let rest = '';
    for await (const data of secure) {
      rest += data;
      for (let at = rest.indexOf('\r\n'); at >= 0; at = rest.indexOf('\r\n')) {
        this.answer(rest.slice(0, at), (text) => secure.write(text));
        rest = rest.slice(at + 2);
      }
    }
  }

  answer(line: string, say: (text: string) => unknown) {
    if (this.#lines !== undefined) {
      if (line !== '.') {
        this.#lines.push(line);
        return;
      }
      Smtp.mails.push(`${this.#secure?.getProtocol()} ${this.#lines.join('\n')}`);
      this.#lines = undefined;
    }
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'EHLO') say('250-test\r\n250 STARTTLS\r\n');
    else if (verb === 'DATA') say('354 go on\r\n');
    else say(verb === 'QUIT' ? '221 bye\r\n' : '250 ok\r\n');
    if (verb === 'DATA') this.#lines = [];
    if (verb !== 'QUIT') return;
    this.#hasQuit = true;
    this.#secure?.end();
  }
}

/** Sends a mail with smtplib: port, certificate, number of lines of 70 characters. */
export const SMTPLIB = `
import smtplib, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
with smtplib.SMTP('localhost', int(sys.argv[1]), timeout=60) as smtp:
    smtp.ehlo()
    smtp.starttls(context=context)
    smtp.ehlo()
    smtp.sendmail('a@localhost', ['b@localhost'], 'Subject: x\\r\\n\\r\\n' + ('x' * 70 + '\\r\\n') * int(sys.argv[3]) + 'end')
print('sent', end='')
`;
