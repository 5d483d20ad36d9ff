import { PageHead } from '../../parts/page-head.js';
import { useIsAdmin } from '../../shell/session.js';
import { Audit } from './audit.js';
import { Password } from './password.js';
import { Tokens } from './tokens.js';
import { Users } from './users.js';

export function Access() {
  const isAdmin = useIsAdmin();
  return (
    <div className="stack">
      <PageHead title="Access">Who may use Muster, and who did what.</PageHead>
      {isAdmin ? (
        <>
          <Users />
          <Tokens />
          <Audit />
        </>
      ) : (
        <p className="dim">Users, tokens and the audit log are shown to administrators.</p>
      )}
      <Password />
    </div>
  );
}
