import { Link } from '@tanstack/react-router';

/** The way back to the list. */
export function PathBack({ to, label }: { readonly to: string; readonly label: string }) {
  return (
    <nav aria-label="Path" className="small">
      <Link to={to}>{label}</Link>
    </nav>
  );
}
