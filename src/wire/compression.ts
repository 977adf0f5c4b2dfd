/**
 * Values are deflated once, by the host that takes the write in, and only when that makes them
 * smaller.
 */
import {deflateRawSync, inflateRawSync} from 'node:zlib';

/** Below this the codec's own bytes and time cost more than they save. */
const WORTH_TRYING_BYTES = 128;

export type Packed = {readonly value: Uint8Array; readonly deflated: boolean};

export function deflate(value: Uint8Array): Packed {
  if (value.length < WORTH_TRYING_BYTES) {
    return {value, deflated: false};
  }

  const smaller = deflateRawSync(value, {level: 1});
  return smaller.length < value.length
    ? {value: smaller, deflated: true}
    : {value, deflated: false};
}

/**
 * `bytesMax` bounds what hostile or damaged input can unfold to. Throws past it, and for what is no
 * deflate stream.
 */
export function inflate({value, deflated}: Packed, bytesMax: number): Uint8Array {
  return deflated ? inflateRawSync(value, {maxOutputLength: bytesMax}) : value;
}
