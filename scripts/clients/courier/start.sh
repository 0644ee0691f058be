#!/bin/sh
# SPDX-License-Identifier: CC0-1.0
# What `courier start` does, but in the foreground.
install -d -m 0775 -o root -g courier /run/courier
install -d -m 0750 -o courier -g courier /run/courier/authdaemon
cd /usr
exec env -i /bin/sh -c 'set -a; . /etc/courier/courierd; exec /usr/lib/courier/courier/courierd'
