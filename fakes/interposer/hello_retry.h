/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hello_retry.h - a HelloRetryRequest to a given ClientHello, made by hand.
 *
 * No TLS is spoken with it: it asks for nothing but a cookie. Ref: RFC 8446 s4.1.4, s4.2.2.
 */
#ifndef HELLO_RETRY_H
#define HELLO_RETRY_H

#include <stddef.h>
#include <stdint.h>

#include "harness/base/text.h"

#define HELLO_RETRY_MAX 160

/*
 * `hello` is the first record of the client's. Returns the length of the record that answers it; 0 when
 * that record holds no ClientHello of TLS 1.3 that could be answered so.
 */
size_t hello_retry_request(struct bytes hello, uint8_t out[HELLO_RETRY_MAX]);

#endif
