# SPDX-License-Identifier: CC0-1.0
# Once, in the new root. Debian leaves out the folder that Courier keeps policies in, and without it there are none.
echo client.example > /etc/courier/me
echo client.example > /etc/courier/defaultdomain
printf 'localhost\nclient.example\n' > /etc/courier/locals
install -d -o courier -g courier /var/lib/courier/sts
# Only what makes it quick: a host that failed may be tried again at once, and no idle session is kept for a minute.
echo 0 > /etc/courier/esmtpdelay
echo 0 > /etc/courier/esmtptimeoutkeepalive
echo 4 > /etc/courier/esmtptimeoutconnect
echo 4 > /etc/courier/esmtptimeouthelo
echo 4 > /etc/courier/esmtptimeout
echo 4 > /etc/courier/esmtptimeoutquit
