import type { Document } from '../api/types.js';
import { When } from './when.js';

/** Who wrote a document last, and when. */
export function Changed({ of }: { readonly of: Document<unknown> }) {
  return (
    <span className="small dim">
      Version {of.version}, <When at={of.changedAt} /> by {of.changedBy}
    </span>
  );
}
