// The frame of every page: menu, who is signed in, and the event stream that keeps the lists fresh.
//
//   shell.tsx    the frame                            gate.tsx     before it: signed in or not
//   menu.tsx     its pages                            mark.tsx     its mark
//   session.tsx  who is signed in                     scheme.tsx   light or dark
//   live.tsx     the event stream                     told.tsx     short words after an action
//   lost.tsx     no such page, and one that failed
import { Button } from '@mantine/core';
import { IconLogout, IconMenu2 } from '@tabler/icons-react';
import { Link, Outlet } from '@tanstack/react-router';
import { useState } from 'react';
import { words } from '../words.js';
import { useSignOut } from '../api/session.js';
import { Mark } from './mark.js';
import { Menu } from './menu.js';
import { Scheme } from './scheme.js';
import { useSession } from './session.js';

export function Shell() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <a className="skip" href="#content">
        Skip to content
      </a>
      <div className="shell">
        <header
          className="side"
          data-open={open}
          onKeyDown={(event) => event.key === 'Escape' && setOpen(false)}
        >
          <div className="brand">
            <Link to="/" aria-label="Muster, overview">
              <Mark />
              Muster
            </Link>
            <Button
              className="menu-button"
              variant="default"
              size="xs"
              leftSection={<IconMenu2 size={16} aria-hidden />}
              aria-expanded={open}
              aria-controls="menu"
              onClick={() => setOpen(!open)}
            >
              Menu
            </Button>
          </div>
          <Menu onGo={() => setOpen(false)} />
          <Who />
        </header>
        <main className="content" id="content" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
    </>
  );
}

function Who() {
  const { name, role } = useSession();
  const signOut = useSignOut();
  return (
    <div className="who">
      <div className="small">
        <strong>{name}</strong> <span className="dim">{words.role[role]}</span>
      </div>
      <Scheme />
      <Button
        size="xs"
        variant="default"
        leftSection={<IconLogout size={16} aria-hidden />}
        loading={signOut.isPending}
        onClick={() => signOut.mutate()}
      >
        Sign out
      </Button>
    </div>
  );
}
