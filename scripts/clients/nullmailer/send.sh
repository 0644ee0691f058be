#!/bin/sh
# SPDX-License-Identifier: CC0-1.0
# One message to nullmailer's queue: its envelope, an empty line, and the text with bare line feeds.
echo "$MITMX_RECIPIENT" | tr , ' ' > "/tmp/to-$MITMX_SENDER"
{
	echo "$MITMX_SENDER"
	echo "$MITMX_RECIPIENT" | tr , '\n'
	echo
	tr -d '\r' < "$MITMX_MESSAGE"
} | nullmailer-queue
