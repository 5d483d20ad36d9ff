import { Button } from '@mantine/core';
import { IconArrowBarToLeft, IconArrowLeft, IconArrowRight } from '@tabler/icons-react';

interface PagerProps {
  /** Which part is shown: `51–100 of 10,000 devices`. */
  readonly label: string;
  /** Null on the first page. */
  readonly onFirst: (() => void) | null;
  /** The browser's Back, where each page has an address of its own. */
  readonly onPrevious?: () => void;
  /** Null on the last page. */
  readonly onNext: (() => void) | null;
}

/** Lists are read forward from a place; what came before is where one came from. */
export function Pager({ label, onFirst, onPrevious = () => window.history.back(), onNext }: PagerProps) {
  if (!onFirst && !onNext) return <p className="table-foot small dim">{label}</p>;
  return (
    <nav className="table-foot row row-apart" aria-label="Paging">
      <span className="small dim">{label}</span>
      <div className="row">
        <Turn label="First" icon={<IconArrowBarToLeft size={16} aria-hidden />} go={onFirst} />
        <Turn label="Previous" icon={<IconArrowLeft size={16} aria-hidden />} go={onFirst && onPrevious} />
        <Turn label="Next" icon={<IconArrowRight size={16} aria-hidden />} go={onNext} />
      </div>
    </nav>
  );
}

interface TurnProps {
  readonly label: string;
  readonly icon: React.ReactNode;
  readonly go: (() => void) | null;
}

function Turn({ label, icon, go }: TurnProps) {
  return (
    <Button size="xs" variant="default" leftSection={icon} disabled={!go} onClick={() => go?.()}>
      {label}
    </Button>
  );
}
