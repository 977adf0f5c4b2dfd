/**
 * Gathers single operations into batches, one batch under way at a time.
 *
 * Invariant: every operation ends with its own answer, or with its batch's failure.
 */
type Waiting<Operation, Answer> = {
  readonly operation: Operation;
  readonly done: (answer: Answer) => void;
  readonly failed: (cause: unknown) => void;
};

export class Batches<Operation, Answer> {
  #gathering: Array<Waiting<Operation, Answer>> = [];
  #isBusy = false;

  /** `carryOut` answers in the order of its batch. */
  constructor(
    private readonly carryOut: (batch: readonly Operation[]) => Promise<readonly Answer[]>,
  ) {}

  add(operation: Operation): Promise<Answer> {
    return new Promise((done, failed) => {
      this.#gathering.push({operation, done, failed});
      if (!this.#isBusy) {
        this.#isBusy = true;
        // What else this turn brings comes along.
        setImmediate(() => void this.#run());
      }
    });
  }

  async #run(): Promise<void> {
    while (this.#gathering.length > 0) {
      const batch = this.#gathering;
      this.#gathering = [];
      try {
        const answers = await this.carryOut(batch.map(({operation}) => operation));
        for (const [at, {done}] of batch.entries()) {
          done(answers[at] as Answer);
        }
      } catch (cause) {
        for (const {failed} of batch) {
          failed(cause);
        }
      }

      // Those whose operation ended ask for their next one in microtasks.
      await new Promise(resolve => {
        setImmediate(resolve);
      });
    }

    this.#isBusy = false;
  }
}
