#!/bin/sh
# SPDX-License-Identifier: CC0-1.0
# nullmailer-send says what became of a file of its queue, one at a time. Whose that was stands in its line on the
# sender, since send.sh noted for each whom the message is for.
while IFS= read -r line; do
	echo "$line"
	case $line in
	"From: <"*)
		sender=${line#From: <}
		recipients=$(cat "/tmp/to-${sender%%>*}" 2> /dev/null)
		;;
	"smtp: "*) reason=${line#smtp: } ;;
	"Sent file."* | "Sending failed:"*)
		for recipient in $recipients; do
			echo "to=<$recipient> $line $reason"
		done
		recipients=
		;;
	esac
done
