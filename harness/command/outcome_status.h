/* SPDX-License-Identifier: Apache-2.0 */
/* outcome_status.h - what judgments amount to as an exit status; shared by run and judge. */
#ifndef OUTCOME_STATUS_H
#define OUTCOME_STATUS_H

#include "harness/command/command.h"
#include "harness/model/judgment.h"
#include "harness/report/baseline.h"

/*
 * EXIT_VIOLATED when anything at or above `threshold` was violated (must is above should), or the baseline
 * was taken with other claims; else EXIT_LAB when anything there is unclear or nothing at all was honored;
 * else EXIT_OK. What is known from the baseline does not count; NULL: there is none.
 */
int outcome_status(const struct judgments *j, enum level threshold, const struct baseline_view *baseline);

#endif
