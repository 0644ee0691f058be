#!/bin/sh
# SPDX-License-Identifier: CC0-1.0
# Starts the resolver, waits for its port, then becomes Postfix in the foreground with its log on our output.
# Nothing here touches what is under test: room for hosts that stall, timeouts of seconds, a queue that keeps.
set -e
postconf -e \
	maillog_file=/dev/stdout default_process_limit=400 in_flow_delay=0 \
	default_destination_concurrency_failed_cohort_limit=1000 \
	smtp_connect_timeout=4s smtp_helo_timeout=4s smtp_mail_timeout=4s smtp_rcpt_timeout=4s \
	smtp_data_init_timeout=4s smtp_data_xfer_timeout=4s smtp_data_done_timeout=4s \
	smtp_starttls_timeout=4s smtp_quit_timeout=2s smtp_rset_timeout=2s \
	maximal_queue_lifetime=100d bounce_queue_lifetime=100d
# Postfix waits for a configuration file to be older than a second before it trusts what it read.
touch -d '1 minute ago' /etc/postfix/main.cf /etc/postfix/master.cf
# The chroot gets this machine's resolv.conf, hosts and certificates; newer packages do that as they start.
grep -q 'internal script' /usr/lib/postfix/configure-instance.sh || /usr/lib/postfix/configure-instance.sh -

setpriv --reuid=_mta-sts --regid=_mta-sts --clear-groups mta-sts-daemon -c /etc/mta-sts-daemon.yml &
until python3 -c 'import socket; socket.create_connection(("127.0.0.1", 8461))' 2> /dev/null; do
	kill -0 $! # it may have died
	sleep 0.05
done
exec postfix start-fg
