#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints what tools that are not ours see of the world of one leg. Lines begin with what was asked; the exit
# status says that this client cannot deliver mail.
domain=${MITMX_RECIPIENT#*@}
host=$MITMX_HOST

tell() { label=$1; shift; timeout 10 "$@" 2>&1 | sed "s/^/$label: /"; }

tell dig-mx dig +short +tries=1 +time=2 MX "$domain"
tell dig-tcp dig +tcp +short +tries=1 +time=2 A "$host"
tell dig-6 dig +short +tries=1 +time=2 AAAA "$host"
tell dig-sts dig +short +tries=1 +time=2 TXT "_mta-sts.$domain"
tell dig-none dig +tries=1 +time=2 A "nothing.$domain"
tell delv delv -i "$host" A
tell host unbound-host -r -t MX "$domain"
tell curl-policy curl -sS --max-time 5 -w '%{ssl_verify_result} %{remote_ip} %{http_code}\n' "https://mta-sts.$domain/.well-known/mta-sts.txt"
tell openssl sh -c "printf 'QUIT\r\n' | openssl s_client -connect $host:25 -starttls smtp -verify_return_error -verify_hostname $host -brief -crlf"
tell openssl-other openssl s_client -connect "$host:25" -starttls smtp -verify_return_error -verify_hostname "mx1.other.example" -brief
tell out curl -sS --max-time 5 -w 'after %{time_total} s\n' http://192.0.2.1/
tell out-6 curl -sS --max-time 5 -w 'after %{time_total} s\n' 'http://[2001:db9::1]/'
tell out-dns dig +tries=1 +time=1 @192.0.2.1 A example.org
tell write sh -c 'echo planted > /etc/mitmx-planted && cat /etc/mitmx-planted; echo planted > /usr/mitmx-planted'
tell interfaces sh -c "sed -n 's/:.*//p' /proc/net/dev | xargs"
tell processes sh -c 'cat /proc/[0-9]*/comm | sort -u | xargs'
tell secret printenv MITMX_TEST_SECRET
exit 89
