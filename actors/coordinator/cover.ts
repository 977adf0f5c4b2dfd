/**
 * Cover: in one request, which hosts serve in place of which owners. It is made only once an owner
 * cannot serve, so that a request among healthy owners pays nothing for it.
 *
 * Invariants:
 *   1. A host serves in place of one owner at most, so that no host is counted twice.
 *   2. A slot is vacant only when its owner has failed, and every stand-in that it was given.
 *   3. At most `PER_SLOT_MAX` stand-ins are found for one slot: what all of them cannot do is no
 *      owner's fault alone.
 */
const PER_SLOT_MAX = 2;

type Duty = {readonly host: string; readonly owner: string; isOpen: boolean};

export class Cover {
  readonly #duties: Duty[] = [];
  readonly #failed = new Set<string>();
  readonly #unsure = new Set<string>();

  /** `candidates` in order of preference, none of them an owner. */
  constructor(private readonly candidates: readonly string[]) {}

  /** In whose place the host serves now; null for a host that serves in nobody's. */
  ownerOf(host: string): string | null {
    return this.#duties.find(duty => duty.host === host && duty.isOpen)?.owner ?? null;
  }

  /** A stand-in that serves, for whomever; null for none. */
  get anyHost(): string | null {
    return this.#duties.find(duty => duty.isOpen)?.host ?? null;
  }

  /** The next stand-in that is `fit`, who from now on serves for this owner; null for none. */
  assign(owner: string, fit: (host: string) => boolean): string | null {
    if (this.#duties.filter(duty => duty.owner === owner).length >= PER_SLOT_MAX) {
      return null;
    }

    const host = this.candidates.find(
      candidate => !this.#duties.some(duty => duty.host === candidate) && fit(candidate),
    );
    if (host === undefined) {
      return null;
    }

    this.#duties.push({host, owner, isOpen: true});
    return host;
  }

  /** An owner could not serve; or, `isUnsure`, nothing is known of what it did. */
  fail(owner: string, isUnsure: boolean): void {
    this.#failed.add(owner);
    this.#note(owner, isUnsure);
  }

  /** A stand-in could not serve. Gives the owner that it stood for. */
  end(host: string, isUnsure: boolean): string | null {
    const duty = this.#duties.find(one => one.host === host && one.isOpen);
    if (duty === undefined) {
      return null;
    }

    duty.isOpen = false;
    this.#note(duty.owner, isUnsure);
    return duty.owner;
  }

  isServed(owner: string): boolean {
    return this.#duties.some(duty => duty.owner === owner && duty.isOpen);
  }

  isVacant(owner: string): boolean {
    return this.#failed.has(owner) && !this.isServed(owner);
  }

  /** Whether the slot's work may be done though nobody said so. */
  isUnsure(owner: string): boolean {
    return this.#unsure.has(owner);
  }

  #note(owner: string, isUnsure: boolean): void {
    if (isUnsure) {
      this.#unsure.add(owner);
    }
  }
}
