const saysNothing = /^(fetch failed|terminated)$/;

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  // Node's own, of several addresses tried, says nothing itself.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  // Nor do those of fetch: their cause does.
  if (error instanceof TypeError && saysNothing.test(error.message) && error.cause !== undefined)
    return `${error.message}: ${messageOf(error.cause)}`;
  return error instanceof Error ? error.message : String(error);
}
