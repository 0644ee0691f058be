/* SPDX-License-Identifier: Apache-2.0 */
/* data.h - where scenarios and clients lie: beside the build folder, installed, or where MITMX_DATA says. */
#ifndef DATA_H
#define DATA_H

#include "harness/base/region.h"
#include "harness/base/why.h"

/* The folder of "scenarios" or "clients", in `r`; NULL and why when there is none. */
const char *data_folder(const char *what, struct region *r, struct why *why);

#endif
