/**
 * Why `up` cannot start or cannot go on: the message says what to do, the code is what the process
 * exits with.
 */
export class UpProblem extends Error {
  override readonly name = 'UpProblem';

  constructor(
    readonly exitCode: number,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
