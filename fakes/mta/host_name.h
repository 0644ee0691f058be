/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_name.h - domain names as text: one canonical form, and which names can be a host's.
 *
 * Canonical: lower case, no final dot. No IDNA: names are A-labels here. Ref: RFC 1034 s3.5, RFC 5321 s2.3.5.
 */
#ifndef MTA_HOST_NAME_H
#define MTA_HOST_NAME_H

#include <stdbool.h>

#include "harness/base/text.h"

#define HOST_NAME_SIZE 256

/*
 * Writes the canonical form. False, and an empty string, when it is no domain name: empty, a label of
 * 0 or over 63 bytes, over 253 in all, anything but letters, digits, '-' and '_', or all digits at the end
 * (an IPv4 address).
 */
bool host_name_set(char out[HOST_NAME_SIZE], struct bytes text);

#endif
