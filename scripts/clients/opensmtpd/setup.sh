# SPDX-License-Identifier: CC0-1.0
# Once, in the new root. A session is not kept after its mail: the next MAIL there is said before it is seen that the host
# has closed it, and fails. A route is tried again at once, not after some seconds.
cat > /etc/smtpd.conf << 'END'
mta limit session-keepalive 0
mta limit reconn-delay-route 0
listen on socket
listen on 127.0.0.1 port 25
action "relay" relay helo client.example
match from any for any action "relay"
END
