// A small machine in QEMU, emulated whole (no KVM), with a kernel of Debian's: it has ESP, which the kernel of a container
// may not have. It sees this machine's files, may write to one folder, and has no network.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { Process } from '../support/process.js';

const cache = resolve('.runtime/ipsec-kernel');
/** Before there are files of this machine's. */
const first = ['virtio_pci', '9pnet_virtio', '9p', 'overlay'];

const run = (program: string, words: readonly string[], cwd?: string): string =>
  execFileSync(program, [...words], {
    encoding: 'utf8',
    cwd,
    maxBuffer: 64_000_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });

interface Kernel {
  readonly version: string;
  readonly image: string;
  /** Holds lib/modules. */
  readonly root: string;
}

/** Debian's kernel of today, downloaded and unpacked once; nothing is installed. */
export function kernel(): Kernel {
  if (process.arch !== 'x64') throw new Error('this runs on amd64 alone');
  const unpacked = () => (existsSync(join(cache, 'boot')) ? readdirSync(join(cache, 'boot')) : []);
  if (!unpacked().some((file) => file.startsWith('vmlinuz-'))) {
    rmSync(cache, { recursive: true, force: true });
    mkdirSync(cache, { recursive: true });
    const [, name = ''] =
      /^ *Depends: (linux-image-\d\S*)/m.exec(run('apt-cache', ['depends', 'linux-image-amd64'])) ?? [];
    if (name === '') throw new Error('apt knows of no linux-image-amd64; try apt-get update');
    // As root apt downloads under another account, which may not write here.
    run('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', name], cache);
    const [file = ''] = readdirSync(cache).filter((each) => each.endsWith('.deb'));
    run('dpkg-deb', ['-x', file, '.'], cache);
    rmSync(join(cache, file));
    if (!existsSync(join(cache, 'lib'))) symlinkSync('usr/lib', join(cache, 'lib'));
  }
  const image = unpacked().find((file) => file.startsWith('vmlinuz-')) ?? '';
  const version = image.slice('vmlinuz-'.length);
  run('/sbin/depmod', ['-b', cache, version]);
  return { version, image: join(cache, 'boot', image), root: cache };
}

/** Modules with those that they need, in the order in which they can be loaded. */
function modulesOf({ root, version }: Kernel, names: readonly string[]): readonly string[] {
  const folder = join(root, 'lib/modules', version);
  const lines = readFileSync(join(folder, 'modules.dep'), 'utf8').split('\n');
  const needs = new Map(
    lines.map((line) => line.split(': ', 2)).map(([file = '', more = '']) => [file.replace(/:$/, ''), more]),
  );
  const nameOf = (file: string): string =>
    basename(file)
      .replace(/\.ko.*$/, '')
      .replaceAll('-', '_');
  return [
    ...new Set(
      names.flatMap((name) => {
        const file = [...needs.keys()].find((each) => nameOf(each) === name);
        // What is not there as a module is in the kernel itself.
        if (file === undefined) return [];
        return [...(needs.get(file) ?? '').split(' ').filter(Boolean).toReversed(), file];
      }),
    ),
  ].map((file) => join(folder, file));
}

const init = (modules: readonly string[], script: string, out: string): string => `#!/busybox sh
/busybox mkdir -p /proc /dev /lower /rw /new
/busybox mount -t proc none /proc
/busybox mount -t devtmpfs none /dev
${modules.map((file) => `/busybox insmod /modules/${basename(file)}`).join('\n')}
/busybox mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=262144,cache=loose files /lower
/busybox mount -t tmpfs none /rw
/busybox mkdir /rw/upper /rw/work
/busybox mount -t overlay -o lowerdir=/lower,upperdir=/rw/upper,workdir=/rw/work none /new
/busybox mount -t tmpfs none /new/tmp
/busybox mount -t tmpfs none /new/run
/busybox mount -t proc none /new/proc
/busybox mount -t sysfs none /new/sys
/busybox mount -t devtmpfs none /new/dev
/busybox mkdir -p /new${out}
/busybox mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 out /new${out}
exec /busybox chroot /new /bin/sh ${script} </dev/ttyS0 >/dev/ttyS0 2>&1
`;

export interface GuestOptions {
  /** Path of a shell script, run by root of the guest. */
  readonly script: string;
  /** Folder that it writes to, at the same path here and there; not below /tmp. */
  readonly out: string;
}

/** Runs the script to its end, and resolves to what the machine said. */
export async function runGuest(of: Kernel, { script, out }: GuestOptions): Promise<string> {
  const build = join(out, 'initramfs');
  const modules = modulesOf(of, first);
  mkdirSync(join(build, 'modules'), { recursive: true });
  for (const file of modules) cpSync(file, join(build, 'modules', basename(file)));
  cpSync('/bin/busybox', join(build, 'busybox'));
  writeFileSync(join(build, 'init'), init(modules.map(plain), script, out), { mode: 0o755 });
  for (const file of modules.filter((each) => each.endsWith('.xz')))
    run('unxz', [join(build, 'modules', basename(file))]);
  run('/bin/sh', ['-c', 'find . | cpio --quiet -o -H newc > ../initramfs.cpio'], build);
  const shared = (tag: string, path: string, more: string) =>
    `local,path=${path},mount_tag=${tag},security_model=none,multidevs=remap${more}`;
  return Process.run({
    name: 'qemu',
    entry: '/usr/bin/qemu-system-x86_64',
    node: false,
    words: [
      ...[
        '-accel',
        'tcg',
        '-cpu',
        'max',
        '-smp',
        '2',
        '-m',
        '1024',
        '-nographic',
        '-no-reboot',
        '-nic',
        'none',
      ],
      ...['-kernel', of.image, '-initrd', join(out, 'initramfs.cpio')],
      ...['-append', 'console=ttyS0 quiet panic=-1 random.trust_cpu=on'],
      ...['-virtfs', shared('files', '/', ',readonly=on'), '-virtfs', shared('out', out, '')],
    ],
  });
}

const plain = (file: string): string => file.replace(/\.xz$/, '');
