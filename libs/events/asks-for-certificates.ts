// Who is asked for a certificate at the edge, by the settings and by what the gateways are told of them. Without zod, as the
// page asks too.
import type { Settings } from './settings.js';

/** Somebody is let in by certificate only: every device (R13), or the servers that forward (R16). Authorities are needed then. */
export const asksForCertificates = ({
  authentication,
  fromPrimaries,
}: Pick<Settings, 'authentication' | 'fromPrimaries'>): boolean =>
  authentication === 'mutual' || fromPrimaries === 'verified';
