/** Bytes put together from parts, right or wrong. */
import {ByteWriter} from '../../src/wire/bytes.js';

export type Part = number | string | Uint8Array;

export function bytesOf(parts: readonly Part[]): Uint8Array {
  const writer = new ByteWriter();
  for (const part of parts) {
    if (typeof part === 'number') {
      writer.integer(part);
    } else if (typeof part === 'string') {
      writer.text(part);
    } else {
      writer.binary(part);
    }
  }

  return writer.copy();
}
