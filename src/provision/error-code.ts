/**
 * The `code` of an error of the operating system or of Node ('ENOENT', 'ABORT_ERR'), or '' when it
 * has none.
 */
export function errorCode(error: unknown): string {
  const code = fieldOf(error, 'code');
  return typeof code === 'string' ? code : '';
}

/** What a program that failed wrote to its standard error, or ''. */
export function errorOutput(error: unknown): string {
  const output = fieldOf(error, 'stderr');
  return typeof output === 'string' ? output.trim() : '';
}

const fieldOf = (error: unknown, name: string): unknown =>
  typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
