/** The first `max` characters at most, and no half of one at the end, which a database does not keep. */
export const cut = (text: string, max: number): string => text.slice(0, max).toWellFormed();
