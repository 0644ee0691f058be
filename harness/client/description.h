/* SPDX-License-Identifier: Apache-2.0 */
/* description.h - client.yaml to struct client; the key table is also its manual. */
#ifndef DESCRIPTION_H
#define DESCRIPTION_H

#include "harness/client/client.h"
#include "harness/files/complaints.h"
#include "harness/files/keys.h"

extern const struct key description_keys[];

/* May this be the name of a Debian suite? */
bool description_is_suite(const char *text);

/* Reads DIRECTORY/client.yaml. NULL, and complaints, when something is wrong with it. Owned. */
struct client *description_read(const char *directory, struct complaints *complaints);
/* The same from the file's text; paths in it are found from DIRECTORY on. */
struct client *description_parse(const char *directory, struct bytes text, struct complaints *complaints);

#endif
