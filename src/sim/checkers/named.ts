/** Puts the checker's name before what it found. */
export function named(checker: string, problems: readonly string[]): string[] {
  return problems.map(problem => `${checker}: ${problem}`);
}
