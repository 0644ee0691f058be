/* SPDX-License-Identifier: Apache-2.0 */
/* outcome_status.h - what judgments amount to as an exit status; shared by run and judge. Baselines are not
 * its matter. */
#ifndef OUTCOME_STATUS_H
#define OUTCOME_STATUS_H

#include "harness/command/command.h"
#include "harness/model/judgment.h"

/*
 * EXIT_VIOLATED when anything at or above `threshold` was violated (must is above should); else EXIT_LAB when
 * anything there is unclear or nothing at all was honored; else EXIT_OK.
 */
int outcome_status(const struct judgments *j, enum level threshold);

#endif
