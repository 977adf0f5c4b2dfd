/** A mutant: the build with one thing broken on purpose, which some seed has to notice. */

export type Mutant = {
  readonly name: string;
  /** In the build: `actors/...` or `src/...`, ending in .js. */
  readonly file: string;
  /** Found in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** What is broken, and what comes of it. */
  readonly story: string;
  /** Why no seed can notice; such a mutant is left out unless it is asked for by name. */
  readonly equivalent?: string;
  /** How many seeds have not noticed, and which test does; left out likewise. */
  readonly elusive?: string;
};

/** Throws when the text is not there exactly once: then the mutant is out of date. */
export function mutate(code: string, {name, file, find, replace}: Mutant): string {
  const parts = code.split(find);
  if (parts.length !== 2) {
    throw new Error(`${name}: its text is in ${file} ${parts.length - 1} times, not once`);
  }

  return parts.join(replace);
}
