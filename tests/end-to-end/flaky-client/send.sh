#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The sender's token, new in every play, decides; so which messages go out is another half each time.
# Its folder shows whether the machine is fresh: the first sender that it was ever given is one of this play.
# Several begin at once: the name is given to a whole file, and to one alone.
[ -e first ] || { echo "$MITMX_SENDER" > "first.$$" && ln "first.$$" first; } 2> /dev/null
echo "first: $(cat first)"
[ $(($(printf %s "$MITMX_SENDER" | cksum | cut -d' ' -f1) % 2)) -eq 0 ] || exit 89
exec mitmx send --from "$MITMX_SENDER" --to "$MITMX_RECIPIENT" < "$MITMX_MESSAGE"
