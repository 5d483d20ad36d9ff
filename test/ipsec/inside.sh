#!/bin/sh
# Run inside the guest by test/ipsec/wire.ts: each case is a folder with both ends' configurations. What happened is left
# there as files, and judged outside.
out=$1 kernel=$2
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mkdir -p /lib/modules
mount --bind "$kernel/lib/modules" /lib/modules
for module in veth esp4 esp6 xfrm_user authenc echainiv seqiv cbc ctr gcm ghash_generic aes_generic hmac sha256_generic \
  sha512_generic drbg nf_tables nft_chain_nat nft_masq af_packet ipv6; do
  modprobe -q $module
done
mkdir -p /run/netns

# enough COMMAND…: until it succeeds, a minute at most.
enough() {
  tries=0
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -gt 300 ] && return 1
    sleep 0.2
  done
}

# The host (10.9.0.1), the device (10.9.0.2); with NAT the host is 192.168.9.2 behind 10.9.0.1.
lay() {
  ip netns add host && ip netns add device
  if [ "$1" = nat ]; then
    ip netns add router
    ip link add h0 netns host type veth peer name r0 netns router
    ip link add r1 netns router type veth peer name d0 netns device
    ip -n host addr add 192.168.9.2/24 dev h0
    ip -n router addr add 192.168.9.1/24 dev r0
    ip -n router addr add 10.9.0.1/24 dev r1
    ip -n router link set r0 up && ip -n router link set r1 up
    ip netns exec router sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
    ip netns exec router nft 'add table ip nat; add chain ip nat out { type nat hook postrouting priority 100; };
      add rule ip nat out oifname "r1" masquerade'
  else
    ip link add h0 netns host type veth peer name d0 netns device
    ip -n host addr add 10.9.0.1/24 dev h0
    ip -n host addr add fd09::1/64 dev h0 nodad
    ip -n device addr add fd09::2/64 dev d0 nodad
  fi
  ip -n device addr add 10.9.0.2/24 dev d0
  for space in host device; do
    ip -n $space link set lo up
  done
  ip -n host link set h0 up && ip -n device link set d0 up
  [ "$1" = nat ] && ip -n host route add default via 192.168.9.1
}

# begin SPACE FOLDER: a charon of its own, with what was rendered for it.
begin() {
  export STRONGSWAN_CONF="$2/strongswan.conf" SWANCTL_DIR="$2"
  ip netns exec "$1" /usr/sbin/charon-systemd >/dev/null 2>&1 &
  pids="$pids $!"
  uri=unix:///tmp/$1.vici
  enough test -S "/tmp/$1.vici"
  swanctl --load-all --noprompt --file "$2/muster.conf" --uri $uri >"$2/loaded" 2>&1
}

for case in "$out"/cases/*; do
  pids=
  caller=$(cat "$case/caller") answers=$(cat "$case/answers") address=$(cat "$case/address")
  lay "$(cat "$case/way")"
  ip netns exec device dumpcap -q -i d0 -w /tmp/capture.pcap >/tmp/dumpcap 2>&1 &
  capture=$!
  enough test -s /tmp/capture.pcap
  ip netns exec $answers busybox httpd -f -p "$(cat "$case/port")" -h "$out/page" >"$case/served" 2>&1 &
  pids="$pids $!"
  begin host "$case/host"
  begin device "$case/device"
  fetch() { ip netns exec $caller curl -sS -g -m 2 -o "$case/page" "http://$address:8080/page.txt"; }
  tries=0
  until fetch 2>"$case/fetched"; do
    tries=$((tries + 1))
    [ $tries -ge "$(cat "$case/tries")" ] && break
    sleep 0.5
  done
  for space in host device; do
    ip -n $space -s xfrm state >"$case/$space/state"
    ip -n $space xfrm policy >"$case/$space/policy"
    swanctl --list-sas --uri unix:///tmp/$space.vici >"$case/$space/sas" 2>&1
    cp /tmp/$space.log "$case/$space/log"
  done
  sleep 0.5
  kill -INT $capture && wait $capture
  cp /tmp/capture.pcap "$case/capture.pcap"
  kill $pids
  wait $pids
  ip netns delete host && ip netns delete device
  ip netns delete router 2>/dev/null
  rm -f /tmp/capture.pcap /tmp/*.vici /tmp/*.log
  echo "done: $case"
done
sync
busybox poweroff -f
