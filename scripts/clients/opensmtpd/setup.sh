# SPDX-License-Identifier: CC0-1.0
# Once, in the new root.
cat > /etc/smtpd.conf << 'END'
listen on socket
listen on 127.0.0.1 port 25
action "relay" relay helo client.example
match from any for any action "relay"
END
