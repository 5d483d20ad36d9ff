import {
  IconCalendarTime,
  IconActivity,
  IconCertificate,
  IconChecklist,
  IconFilter,
  IconGauge,
  IconHeartbeat,
  IconId,
  IconKey,
  IconListDetails,
  IconListNumbers,
  IconLock,
  IconMailExclamation,
  IconPrinter,
  IconRadar2,
  IconSettings,
  IconRosetteDiscountCheck,
  IconShare3,
  IconShieldCheck,
  IconUserCheck,
  type Icon,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useOverview, useTroubles } from '../api/queries.js';
import { count } from '../words.js';

interface Place {
  readonly to: string;
  readonly label: string;
  readonly icon: Icon;
}

const sections: readonly { readonly title: string; readonly places: readonly Place[] }[] = [
  {
    title: 'Fleet',
    places: [
      { to: '/', label: 'Overview', icon: IconGauge },
      { to: '/devices', label: 'Devices', icon: IconPrinter },
      { to: '/approval', label: 'Approval', icon: IconUserCheck },
      { to: '/discovery', label: 'Discovery', icon: IconRadar2 },
      { to: '/live', label: 'Live', icon: IconActivity },
      { to: '/tasks', label: 'Tasks', icon: IconListDetails },
      { to: '/schedules', label: 'Schedules', icon: IconCalendarTime },
    ],
  },
  {
    title: 'Rules',
    places: [
      { to: '/policies', label: 'Policies', icon: IconChecklist },
      { to: '/groups', label: 'Groups', icon: IconFilter },
      { to: '/serials', label: 'Serial numbers', icon: IconListNumbers },
      { to: '/listeners', label: 'Secondary listeners', icon: IconShare3 },
    ],
  },
  {
    title: 'Trust',
    places: [
      { to: '/trust-sets', label: 'Trust sets', icon: IconShieldCheck },
      { to: '/identities', label: 'Identities', icon: IconId },
      { to: '/certificates', label: 'Certificates', icon: IconRosetteDiscountCheck },
      { to: '/credentials', label: 'Credentials', icon: IconLock },
    ],
  },
  {
    title: 'Muster',
    places: [
      { to: '/settings', label: 'Instant-On settings', icon: IconSettings },
      { to: '/licences', label: 'Licences', icon: IconCertificate },
      { to: '/status', label: 'Status', icon: IconHeartbeat },
      { to: '/deliveries', label: 'Deliveries', icon: IconMailExclamation },
      { to: '/access', label: 'Access', icon: IconKey },
    ],
  },
];

/** How many things need a look. */
function Troubles() {
  const troubles = useTroubles();
  if (troubles === 0) return null;
  return (
    <span className="badge">
      {count(troubles)}
      <span className="hidden-text"> {troubles === 1 ? 'thing needs' : 'things need'} a look</span>
    </span>
  );
}

/** How many devices wait for approval. */
function Held() {
  const held = useOverview().data?.held ?? 0;
  if (held === 0) return null;
  return (
    <span className="badge">
      {count(held)}
      <span className="hidden-text"> {held === 1 ? 'device waits' : 'devices wait'}</span>
    </span>
  );
}

/** The pages. `onGo` closes the menu on a phone. */
export function Menu({ onGo }: { readonly onGo: () => void }) {
  return (
    <nav className="menu" aria-label="Pages" id="menu">
      {sections.map((section) => (
        <section key={section.title} aria-label={section.title}>
          <h2>{section.title}</h2>
          <ul>
            {section.places.map((place) => (
              <li key={place.to}>
                <Link
                  to={place.to}
                  onClick={onGo}
                  activeOptions={{ exact: place.to === '/', includeSearch: false }}
                >
                  <place.icon size={18} stroke={1.75} aria-hidden />
                  {place.label}
                  {place.to === '/approval' && <Held />}
                  {place.to === '/status' && <Troubles />}
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}
