/* SPDX-License-Identifier: Apache-2.0 */
/* xml.h - any bytes as XML text. Ref: W3C XML 1.0 s2.2 (which characters there may be), s2.4, s3.3.3. */
#ifndef XML_H
#define XML_H

#include <stdio.h>

#include "harness/base/text.h"

enum xml_place { XML_CONTENT, XML_VALUE /* of an attribute, in double quotes */ };

/*
 * What XML cannot hold even as a reference (most
 * control characters, U+FFFE, U+FFFF), what no reader wants (DEL, C1), and bytes that are no UTF-8 come out
 * as the text \xNN, byte by byte.
 */
void xml_put(FILE *out, struct bytes text, enum xml_place place);

#endif
