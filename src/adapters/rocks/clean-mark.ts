/**
 * The clean mark: what `close` leaves in the database and `open` takes away again.
 *
 * It names the commit that wrote it and the files it was written to (device, inode, birth time:
 * what a copy or a restored backup does not have). The store was closed cleanly if and only if the
 * mark that is found equals the mark that would be written now. An image of the whole disk, put
 * back, cannot be told apart.
 */
import fs from 'node:fs';

export function cleanMark(commit: number, files: readonly string[]): Uint8Array {
  const identities = files.map(file => {
    const {dev, ino, birthtimeNs} = fs.statSync(file, {bigint: true});
    return `${dev}:${ino}:${birthtimeNs}`;
  });
  return Buffer.from(JSON.stringify({commit, files: identities}));
}
