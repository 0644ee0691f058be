#!/bin/sh
# SPDX-License-Identifier: CC0-1.0
# retry.sh RECIPIENT[,…]: has their mail tried again now, and no other. The process that holds one sleeps for minutes; it
# holds the lock on its queue file, too. Without it, the next run over the queue takes the mail.
for recipient in $(echo "$1" | tr , ' '); do
	for file in $(grep -lFx "Recipient: $recipient" /var/spool/dma/Q* 2> /dev/null); do
		inode=$(stat -c %i "$file") || continue
		for pid in $(awk -v end=":$inode" 'substr($6, length($6) - length(end) + 1) == end { print $5 }' /proc/locks); do
			kill -KILL "$pid"
			while [ -d "/proc/$pid" ]; do sleep 0.01; done
		done
	done
done
exec dma -q1
