/** Cuts a stream of bytes into lines, and says where each one ends. */

export type Line = {
  readonly text: string;
  /** Offset of the first byte after the line and its newline. */
  readonly endOffset: number;
};

/** A longer line is none that could be loaded: no value is that large. */
export const LINE_BYTES_MAX = 4 * 1024 * 1024;

const NEWLINE = 0x0a;

/**
 * Lines in groups as they arrive, so that a line costs no turn of its own. `startOffset` is where
 * the stream starts. Throws `RangeError` for a line over `LINE_BYTES_MAX`.
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  startOffset: number,
): AsyncGenerator<Line[]> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = startOffset;
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    const lines: Line[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      lines.push({text: bytes.toString('utf8', start, end), endOffset: offset + end + 1});
      start = end + 1;
    }

    offset += start;
    rest = bytes.subarray(start);
    if (rest.length > LINE_BYTES_MAX) {
      throw new RangeError(`a line has more than ${LINE_BYTES_MAX} bytes`);
    }

    yield lines;
  }

  if (rest.length > 0) {
    yield [{text: rest.toString('utf8'), endOffset: offset + rest.length}];
  }
}
