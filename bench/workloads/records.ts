/**
 * Records as YCSB has them: ten named fields, here as one JSON text. Made before anything is
 * measured, so that the load generator spends its time on sending.
 */
import type {Fraction} from '../keys/random.js';

const FIELDS = 10;
const POOL = 64;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** 16 bytes for up to 10^12 records: the same for every system. */
export function keyOf(record: number): string {
  return `user${String(record).padStart(12, '0')}`;
}

/** A ring of different values of exactly `valueBytes`. */
export function values(valueBytes: number, fraction: Fraction): () => Uint8Array {
  const pool = Array.from({length: POOL}, () => value(valueBytes, fraction));
  let next = 0;
  return () => {
    next = (next + 1) % POOL;
    return pool[next] as Uint8Array;
  };
}

function value(valueBytes: number, fraction: Fraction): Uint8Array {
  const names = Array.from({length: FIELDS}, (_, field) => `field${field}`);
  const frame = JSON.stringify(Object.fromEntries(names.map(name => [name, '']))).length;
  const room = valueBytes - frame;
  if (room < FIELDS) {
    return Buffer.from(text(valueBytes, fraction)); // Too small for fields: bytes have to do.
  }

  const fields = names.map((name, field) => {
    const bytes = Math.floor(room / FIELDS) + (field < room % FIELDS ? 1 : 0);
    return [name, text(bytes, fraction)];
  });
  return Buffer.from(JSON.stringify(Object.fromEntries(fields)));
}

const text = (bytes: number, fraction: Fraction): string =>
  Array.from({length: bytes}, () => ALPHABET[Math.floor(fraction() * ALPHABET.length)]).join('');
