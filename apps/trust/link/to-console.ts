// One report to console, and its answer.
import {
  authorityAnswer,
  type AuthorityAnswer,
  type AuthorityReport,
  exchangePath,
} from '#pki/authority/exchange';

export interface ConsoleAddress {
  readonly url: string;
  readonly token: string;
}

const answerMs = 20_000;
/** Not accepted, in the way of something there, too large: it is for what was said, and not for who, where or when. */
const forItsContent: ReadonlySet<number> = new Set([400, 409, 413, 422]);

/** Thrown when console does not take what is in the report. */
export class ReportRefused extends Error {
  override readonly name = 'ReportRefused';
}

/** Throws ReportRefused, and whatever else keeps it from being told. */
export async function tell(
  { url, token }: ConsoleAddress,
  report: AuthorityReport,
): Promise<AuthorityAnswer> {
  const response = await fetch(new URL(exchangePath, url), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(report),
    // A token goes to nobody else.
    redirect: 'error',
    signal: AbortSignal.timeout(answerMs),
  });
  const text = await response.text();
  const said = `console answered ${response.status}: ${text.slice(0, 300)}`;
  if (forItsContent.has(response.status)) throw new ReportRefused(said);
  if (!response.ok) throw new Error(said);
  return authorityAnswer.parse(JSON.parse(text));
}
