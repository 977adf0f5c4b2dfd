/**
 * Something that the project needs is not there and could not be had. The message says what to do.
 */
export class ProvisionProblem extends Error {
  override readonly name = 'ProvisionProblem';
}

/** Tells a person what is being done, one line a call. */
export type Talk = (line: string) => void;
