/** What NATS takes as headers (nats-architecture-and-design, ADR-4), and how they are spelled. */
import type {PublishOptions} from '../ports/transport.js';

export type Headers = NonNullable<PublishOptions['headers']>;

const colon = 0x3a;
const firstPrintable = 0x21;
const lastPrintable = 0x7e;

/**
 * The block that goes ahead of a payload, values trimmed. Throws `TypeError` for a name that is not
 * printable ASCII, and for a value with a line break.
 */
export function spellHeaders(headers: Headers): string {
  let block = 'NATS/1.0\r\n';
  for (const [name, value] of headers) {
    if (!isName(name) || value.includes('\n') || value.includes('\r')) {
      throw new TypeError(`illegal header: ${JSON.stringify([name, value])}`);
    }
    block += `${name}: ${value.trim()}\r\n`;
  }
  return `${block}\r\n`;
}

/** What they take up in a message, in bytes. */
export function headerBytes(headers: Headers): number {
  return headers.length === 0 ? 0 : Buffer.byteLength(spellHeaders(headers));
}

// Looked at for every header of every reply, hence no regular expression.
function isName(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < firstPrintable || unit > lastPrintable || unit === colon) {
      return false;
    }
  }
  return text !== '';
}
