#!/bin/sh
# SPDX-License-Identifier: CC0-1.0
# Its own user may write to the trigger, which has it look at its queue; the pause before it looks by itself is long.
cd /etc/nullmailer || exit
echo "$MITMX_HOST smtp --port=$MITMX_PORT --starttls" > remotes
echo client.example > helohost
echo 86400 | tee pausetime > maxpause
echo 8 > sendtimeout
cd /mitmx || exit
trigger=/var/spool/nullmailer/trigger
said=/tmp/said
rm -f $trigger $said
mkfifo -m 622 $trigger $said
chown mail $trigger /etc/nullmailer/*
sh said.sh < $said &
exec setpriv --reuid=mail --regid=mail --clear-groups nullmailer-send > $said 2>&1
