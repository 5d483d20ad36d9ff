/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  // Node's own, of several addresses tried, says nothing itself.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
