/** What NATS takes as headers (nats-architecture-and-design, ADR-4). */
import type {PublishOptions} from '../ports/transport.js';

export type Headers = NonNullable<PublishOptions['headers']>;

const illegalName = /^$|[^\x21-\x7e]|:/;
const illegalValue = /[\r\n]/;

/** Throws `TypeError` for a name that is not printable ASCII, and for a value with a line break. */
export function checkHeaders(headers: Headers): void {
  for (const [name, value] of headers) {
    if (illegalName.test(name) || illegalValue.test(value)) {
      throw new TypeError(`illegal header: ${JSON.stringify([name, value])}`);
    }
  }
}

/** What they take up in a message, in bytes. */
export function headerBytes(headers: Headers): number {
  if (headers.length === 0) {
    return 0;
  }
  const text = headers.map(([name, value]) => `${name}: ${value.trim()}\r\n`).join('');
  return new TextEncoder().encode(`NATS/1.0\r\n${text}\r\n`).length;
}
