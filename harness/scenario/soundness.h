/* SPDX-License-Identifier: Apache-2.0 */
/*
 * soundness.h - what a whole scenario must have so that its verdict can mean something.
 *
 * Legs that differ, a warm-up before a refusal under a policy, requirements and flaws that exist.
 * Internal to harness/scenario.
 */
#ifndef SOUNDNESS_H
#define SOUNDNESS_H

#include "harness/scenario/reader.h"

/* Complains at the parts of `root` that are to blame. */
void soundness_check(const struct reading *reading, const struct scenario *scenario, const struct node *root);

#endif
