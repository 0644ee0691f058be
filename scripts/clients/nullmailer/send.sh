#!/bin/sh
# SPDX-License-Identifier: CC0-1.0
# One message in nullmailer's own form (envelope, an empty line, the text with bare line feeds) on descriptor 3. Its
# exit status says whether nullmailer-send would try again or give up, so that is told in words.
export HELOHOST=client.example
mail=$MITMX_DIR/nullmailer-$$
{
	echo "$MITMX_SENDER"
	echo "$MITMX_RECIPIENT" | tr , '\n'
	echo
	tr -d '\r' < "$MITMX_MESSAGE"
} > "$mail"
said=$(timeout 8 /usr/lib/nullmailer/smtp --host="$MITMX_HOST" --port="$MITMX_PORT" --starttls < /dev/null 2>&1 3< "$mail")
status=$?
rm -f "$mail"
case $status in
0) fate=delivered ;;
1[0-9][0-9]) exit $status ;; # ended by a signal, or by the time limit
*) fate="$([ $((status & 32)) -ne 0 ] && echo permanent || echo temporary) $status" ;;
esac
for recipient in $(echo "$MITMX_RECIPIENT" | tr , ' '); do
	echo "to=<$recipient> $fate: $(echo "$said" | tail -n 1)"
done
