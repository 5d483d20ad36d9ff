#!/bin/sh
# A printer's own objects, as snmpd asks for them and sets them (pass_persist in snmpd.conf(5)). They are lines of a file, in the
# order of their OIDs, so that they outlive snmpd:
#
#   OID TYPE ACCESS RANGE VALUE
#
# ACCESS is ro, rw, or stays, which says yes and keeps what it has; RANGE what a number may be, or how long a text, such as 0-3; - is any.
set -f
LC_ALL=C
newline='
'
IFS=$newline
file=$1
table=$(cat "$file")

# Takes a line apart.
part() {
  oid=${1%% *} rest=${1#* }
  type=${rest%% *} rest=${rest#* }
  access=${rest%% *} rest=${rest#* }
  range=${rest%% *} value=${rest#* }
}

say() {
  part "$1"
  printf '%s\n%s\n%s\n' "$oid" "$type" "$value"
}

get() {
  for line in $table; do
    case $line in "$1 "*) say "$line" && return ;; esac
  done
  echo NONE
}

get_next() {
  for line in $table; do
    if after "${line%% *}" "$1"; then say "$line" && return; fi
  done
  echo NONE
}

# Whether an OID comes after another.
after() {
  one=${1#.}. other=${2#.}.
  while [ -n "$one" ] && [ -n "$other" ]; do
    [ "${one%%.*}" -eq "${other%%.*}" ] || { [ "${one%%.*}" -gt "${other%%.*}" ] && return 0 || return 1; }
    one=${one#*.} other=${other#*.}
  done
  [ -n "$one" ]
}

# The error that snmpd is to answer; DONE when it was set.
put() {
  asked=$1 new_type=${2%% *} new=${2#* }
  case $new in '"'*'"') new=${new#?} new=${new%?} ;; esac
  fresh='' found=''
  for line in $table; do
    case $line in
      "$asked "*)
        found=yes
        part "$line"
        [ "$access" = stays ] && echo DONE && return
        [ "$access" = rw ] || { echo not-writable && return; }
        [ "$type" = "$new_type" ] || { echo wrong-type && return; }
        case $type in string) size=${#new} ;; *) size=$new ;; esac
        if [ "$range" != - ] && { [ "$size" -lt "${range%%-*}" ] || [ "$size" -gt "${range##*-}" ]; }; then
          echo wrong-value && return
        fi
        line="$oid $type $access $range $new"
        ;;
    esac
    fresh=$fresh$line$newline
  done
  [ -n "$found" ] || { echo not-writable && return; }
  table=$fresh
  printf '%s' "$table" >"$file.new" && mv "$file.new" "$file" && echo DONE
}

# snmpd sends an empty line after each value that it sets.
while read -r command; do
  case $command in
    PING) echo PONG ;;
    get) read -r asked && get "$asked" ;;
    getnext) read -r asked && get_next "$asked" ;;
    set) read -r asked && read -r value && put "$asked" "$value" ;;
  esac
done
