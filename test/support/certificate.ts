// A certificate for localhost, made anew each time.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Certificate {
  readonly key: Buffer;
  readonly cert: Buffer;
  /** Where the certificate is, for programs that trust it. */
  readonly path: string;
}

/** `somewhere` gives the paths of files to write. */
export function certificate(somewhere: () => string): Certificate {
  const [key, path] = [somewhere(), somewhere()];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', path], { stdio: 'ignore' });
  return { key: readFileSync(key), cert: readFileSync(path), path };
}
