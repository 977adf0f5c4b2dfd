/** Reads a value from stdin. */
import {say} from './output.js';

/** All of stdin, byte for byte. */
export async function readStdin(): Promise<Uint8Array> {
  if (process.stdin.isTTY) {
    say('reading the value from the terminal: end it with Ctrl-D');
  }

  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Uint8Array);
  }

  return Buffer.concat(chunks);
}
