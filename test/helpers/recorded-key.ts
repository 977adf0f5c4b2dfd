/**
 * One key of a recorded load: what was acknowledged of it, and what a read may therefore show.
 *
 * A key has one request under way at a time, so that its writes follow each other. Most keys are
 * written with the context of the last acknowledged write, and then a value that an acknowledged
 * write superseded must never be seen again. The others, the blind ones, are overwritten without a
 * context, which a coordinator that is behind answers with siblings.
 *
 * A write without an answer has an unknown outcome: it may show up at any later time, or never.
 */

export type Write = {
  /** Counts the writes of this key. */
  readonly no: number;
  /** Null for a deletion. */
  readonly value: string | null;
};

/** What its answer said of an acknowledged write. */
export type Acknowledgement = {
  /** So many replicas held it durably. */
  readonly acks: number;
  readonly outcome: string;
};

/** What one replica's own copy says of the last acknowledged write. */
export type Standing = 'holds' | 'behind' | 'foreign';

const NEVER: Write = {no: 0, value: null};

export class RecordedKey {
  busy = false;
  /** To write with; '' without one. */
  context = '';
  /** A sibling stands beside the last write, so that its answer gave nothing to write on with. */
  mustRead = false;
  acknowledged: Write = NEVER;
  acknowledgement: Acknowledgement = {acks: 0, outcome: ''};
  /** Of unknown outcome. */
  readonly open: Write[] = [];
  #begun = 0;

  constructor(
    readonly key: string,
    readonly blind: boolean,
    private readonly padding: string,
  ) {}

  /** The next write, with a value that no other one has. */
  begin(deletes: boolean): Write {
    this.#begun += 1;
    return {no: this.#begun, value: deletes ? null : this.#valueOf(this.#begun)};
  }

  acknowledge(write: Write, acknowledgement: Acknowledgement): void {
    this.acknowledged = write;
    this.acknowledgement = acknowledgement;
  }

  /** What a read of a quorum shows: '' when it may, else what is wrong with it. */
  problemOf(values: readonly string[]): string {
    const foreign = values.find(value => !this.#isOurs(value));
    if (foreign !== undefined) {
      return `shows what was never written: ${foreign.trim().slice(0, 40)}`;
    }

    const {acknowledged} = this;
    const returned = values.find(value => !this.#maySee(value));
    if (!this.blind && returned !== undefined) {
      return `shows the superseded ${nameOf(returned)} besides ${nameOf(acknowledged.value)}`;
    }

    return acknowledged.value === null || this.#isCovered(values)
      ? ''
      : `lacks ${nameOf(acknowledged.value)}, shows ${values.map(nameOf).join(', ') || 'nothing'}`;
  }

  /**
   * What one replica by itself shows. It may lag behind, but never hold what nobody wrote. An empty
   * one counts as deleted: a proven tombstone is purged, and leaves nothing behind.
   */
  standingOf(values: readonly string[]): Standing {
    if (!values.every(value => this.#isOurs(value))) {
      return 'foreign';
    }

    const {acknowledged} = this;
    const holds =
      acknowledged.value === null
        ? this.blind || values.every(value => this.#maySee(value))
        : this.#isCovered(values);
    return holds ? 'holds' : 'behind';
  }

  #valueOf(no: number): string {
    return `${this.key} ${no} ${this.padding}`;
  }

  #isOurs(value: string): boolean {
    const no = Number(value.split(' ')[1]);
    return no >= 1 && no <= this.#begun && value === this.#valueOf(no);
  }

  #maySee(value: string): boolean {
    return [this.acknowledged, ...this.open].some(write => write.value === value);
  }

  /** Whether the last acknowledged value is there, or a write that may have replaced it. */
  #isCovered(values: readonly string[]): boolean {
    const {acknowledged, open, blind} = this;
    return (
      values.includes(acknowledged.value ?? '') ||
      open.some(
        ({no, value}) =>
          (blind || no > acknowledged.no) &&
          (value === null ? values.length === 0 : values.includes(value)),
      )
    );
  }
}

export function nameOf(value: string | null): string {
  return value === null ? 'a deletion' : (value.split(' ')[1] ?? value);
}
