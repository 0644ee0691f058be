/* SPDX-License-Identifier: Apache-2.0 */
/* client_root.h - the client's file system: what the command line says, or its own recipe, built. */
#ifndef CLIENT_ROOT_H
#define CLIENT_ROOT_H

#include <stdbool.h>

#include "harness/client/client.h"

/*
 * Sets client->root. `root`: a folder or a tar in place of the client's own, or NULL; `suite`: another
 * Debian suite for its recipe, or NULL. An enum exit_status; what is wrong is printed.
 */
int client_root_open(struct client *client, const char *root, const char *suite, bool quiet);

#endif
