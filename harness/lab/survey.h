/* SPDX-License-Identifier: Apache-2.0 */
/*
 * survey.h - the host's own root as pieces: one overlay per top-level folder, more where mounts lie below.
 *
 * An overlay's lower folder must have no mounts below it in a user namespace (EINVAL), so such a folder is
 * made anew and its entries are looked at one by one: in a container /etc is usually one.
 */
#ifndef LAB_SURVEY_H
#define LAB_SURVEY_H

#include "harness/lab/ground.h"
#include "harness/lab/mounts.h"

/* Adds pieces for everything but what is always fresh. To be called before our own mounts hide anything. */
int survey_host(struct ground *ground, const struct mounts_list *mounts, struct why *why);

/* Of the client's root, always new and empty: /dev /proc /run /sys /tmp. */
bool survey_is_fresh(const char *path);

#endif
