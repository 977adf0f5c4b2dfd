/**
 * A value as it lies on disk: format (1 byte), checksum (4 bytes, CRC-32 of key and content),
 * content.
 *
 * The checksum covers the key, so a record found under another key is as wrong as a flipped bit. It
 * is ours because the engine's own checks stop at its blocks: what reaches us is checked end to end
 * (T42).
 */
import {crc32} from 'node:zlib';

const FORMAT = 1;
const HEAD_BYTES = 5;

export function sealRecord(key: Uint8Array, content: Uint8Array): Uint8Array {
  const record = Buffer.allocUnsafe(HEAD_BYTES + content.length);
  record[0] = FORMAT;
  record.writeUInt32BE(crc32(content, crc32(key)), 1);
  record.set(content, HEAD_BYTES);
  return record;
}

/** The content, as a view into `record`, or null when the record is damaged. */
export function openRecord(key: Uint8Array, record: Uint8Array): Uint8Array | null {
  if (record.length < HEAD_BYTES || record[0] !== FORMAT) {
    return null;
  }

  const content = record.subarray(HEAD_BYTES);
  const stored = new DataView(record.buffer, record.byteOffset, HEAD_BYTES).getUint32(1);
  return crc32(content, crc32(key)) === stored ? content : null;
}
