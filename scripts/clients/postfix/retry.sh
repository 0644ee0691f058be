#!/bin/sh
# SPDX-License-Identifier: CC0-1.0
# retry.sh ID: has this message tried again now, and no other. The log says "deferred" a little before the queue
# manager has put the message aside, and until then a flush would not find it.
n=0
while [ $n -lt 400 ] && ! [ -e "$(echo /var/spool/postfix/deferred/*/"$1")" ]; do
	sleep 0.05
	n=$((n + 1))
done
exec postqueue -i "$1"
