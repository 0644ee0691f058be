#!/bin/sh
# SPDX-License-Identifier: CC0-1.0
exec setpriv --reuid=_chasquid --regid=_chasquid --clear-groups chasquid -config_dir=/etc/chasquid
