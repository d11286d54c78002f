#!/bin/sh
# guard.sh FOLDER SECONDS SIGNAL COMMAND…
# Runs COMMAND, which must stay in the foreground, until a line comes or standard input ends, and at most SECONDS. The test
# process holds the other end, so the server ends with it however that dies; then nobody else is left to remove FOLDER.
# The command gets SIGNAL, after two seconds SIGKILL, and everything left in this process group SIGKILL: the caller gives
# this script a group of its own.
folder=$1
limit=$2
signal=$3
shift 3
exec 3<&0 </dev/null
"$@" 3<&- &
command=$!
# shellcheck disable=SC2016 # expanded by the inner shells
sh -c 'read -r line || : >"$2/orphan"; kill -TERM "$1"' sh $$ "$folder" <&3 >/dev/null 2>&1 &
exec 3<&-
sh -c 'sleep "$2"; kill -TERM "$1"' sh $$ "$limit" >/dev/null 2>&1 &
ended=0
trap 'ended=1' TERM
wait "$command"
status=$?
if [ "$ended" = 1 ]; then
  kill -s "$signal" "$command" 2>/dev/null
  sh -c 'sleep 2; kill -KILL "$1"' sh "$command" >/dev/null 2>&1 &
  wait "$command"
else
  echo "guard: the command ended by itself with status $status"
fi
if [ -e "$folder/orphan" ]; then rm -rf "$folder"; fi
kill -s KILL 0
