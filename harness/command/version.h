/* SPDX-License-Identifier: Apache-2.0 */
/* version.h - which mitmx this is. */
#ifndef VERSION_H
#define VERSION_H

#define MITMX_VERSION "0.1.0"
#define MITMX_DATE "November 22, 2026" /* of the manual pages */

#endif
