#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints what tools that are not ours see of the world of one leg. Lines begin with what was asked.
domain=${MITMX_RECIPIENT#*@}
host=$MITMX_HOST

tell() { label=$1; shift; "$@" 2>&1 | sed "s/^/$label: /"; }

tell dig-mx dig +short +tries=1 +time=2 MX "$domain"
tell dig-tcp dig +tcp +short +tries=1 +time=2 A "$host"
tell dig-sts dig +short +tries=1 +time=2 TXT "_mta-sts.$domain"
tell dig-none dig +tries=1 +time=2 A "nothing.$domain"
tell delv delv -i +tries=1 "$host" A
tell host unbound-host -t MX "$domain"
tell curl-policy curl -sS --max-time 5 "https://mta-sts.$domain/.well-known/mta-sts.txt"
tell openssl sh -c "printf 'QUIT\r\n' | openssl s_client -connect $host:25 -starttls smtp -verify_return_error -verify_hostname $host -brief -crlf"
tell out sh -c 'curl -sS --max-time 2 http://192.0.2.1/ 2>&1; echo "status $?"'
tell write sh -c 'echo planted > /etc/mitmx-planted && echo written'
exit 0
