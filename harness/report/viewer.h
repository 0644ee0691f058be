/* SPDX-License-Identifier: Apache-2.0 */
/* viewer.h - the page of harness/web, joined at build and embedded, without its data. */
#ifndef VIEWER_H
#define VIEWER_H

#include "harness/base/text.h"

/* What stands before the data, and what behind it. Static. */
void viewer_parts(struct bytes *ret_before, struct bytes *ret_after);

#endif
