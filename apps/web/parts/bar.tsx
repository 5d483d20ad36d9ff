// A bar cut into shares. The same numbers stand beside it in words: for a screen reader it is decoration.
import type { Tone } from './pill.js';

interface Share {
  readonly key: string;
  readonly tone: Tone | 'accent';
  readonly amount: number;
}

export function Bar({ shares, total }: { readonly shares: readonly Share[]; readonly total: number }) {
  let from = 0;
  return (
    <svg className="bar" aria-hidden preserveAspectRatio="none">
      {shares
        .filter((share) => share.amount > 0 && total > 0)
        .map((share) => {
          const width = (100 * share.amount) / total;
          const rect = (
            <rect key={share.key} data-tone={share.tone} x={`${from}%`} width={`${width}%`} height="100%" />
          );
          from += width;
          return rect;
        })}
    </svg>
  );
}
