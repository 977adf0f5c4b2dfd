/** The one encoding of everything on the wire and on disk: MessagePack, arrays only. */
import {Packr} from 'msgpackr';

const packr = new Packr({useRecords: false, moreTypes: false, int64AsType: 'number'});

export function pack(value: unknown): Uint8Array {
  return packr.pack(value);
}

/**
 * undefined for bytes that are no MessagePack. Binary values are views into `bytes`.
 * Hostile input can make the decoder throw anything, a stack overflow included, hence the bare
 * catch.
 */
export function unpack(bytes: Uint8Array): unknown {
  try {
    return packr.unpack(bytes);
  } catch {
    return undefined;
  }
}
