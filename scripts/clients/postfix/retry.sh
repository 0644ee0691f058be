#!/bin/sh
# SPDX-License-Identifier: CC0-1.0
# retry.sh ID: has this message tried again now, and no other. The log says "deferred" a little before the queue
# manager has put the message aside, and until then a flush would not find it. The flush puts it into the incoming
# queue and rings; a queue manager that is scanning may miss the bell, and would look again minutes later.
spool=/var/spool/postfix
n=0
while [ $n -lt 400 ] && ! [ -e "$(echo $spool/deferred/*/"$1")" ]; do
	sleep 0.05
	n=$((n + 1))
done
postqueue -i "$1" || exit
while [ $n -lt 800 ] && [ -e "$spool/incoming/$1" ]; do
	sleep 0.05
	[ ! -e "$spool/incoming/$1" ] || postkick public qmgr I
	n=$((n + 1))
done
