#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints what openssl s_client is shown by the hosts of one leg; lines begin with the leg's domain and what was
# asked. The exit status says that this client cannot deliver mail.
domain=${1#*@} host=$2

tell() { label=$1; shift; timeout 20 "$@" 2>&1 < /dev/null | sed "s/^/$domain $label: /"; }
# look LABEL HOST ARGUMENT...: all that s_client says of a handshake, at the strength that clients ask for
look() {
	label=$1 name=$2
	shift 2
	tell "$label" openssl s_client -servername "$name" -verify_hostname "$name" -showcerts -status -auth_level 2 \
		-cipher ALL:@SECLEVEL=0 "$@"
	for version in $versions; do # each asked for alone
		timeout 20 openssl s_client "-tls$version" -cipher ALL:@SECLEVEL=0 "$@" < /dev/null 2>&1 |
			grep -q '^Server certificate' && echo "$domain $label-speaks: $version"
	done
}

# the scenarios about versions announce themselves in the DNS, the others need but one handshake
versions=$(dig +short +tries=1 +time=2 TXT "versions.$domain" | tr -d '"')
look mx "$host" -starttls smtp -connect "$host:25"
[ -z "$(dig +short +tries=1 +time=2 A "mta-sts.$domain")" ] || look policy "mta-sts.$domain" -connect "mta-sts.$domain:443"
sed "s/^/$domain root: /" "$MITMX_CA"
exit 89
