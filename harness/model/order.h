/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order.h - what the front tells world and witness, one message each on their fact socket.
 *
 * Both are answered in the fact stream (step-begun, flushed), so an answer stands behind
 * every fact that was observed before it.
 */
#ifndef MODEL_ORDER_H
#define MODEL_ORDER_H

#include <stdint.h>

enum order_kind {
	ORDER_STEP = 1, /* leg, step: show this step from now on; closes the leg's idle sessions */
	ORDER_FLUSH,    /* number: answer when all that was observed is out */
	ORDER_CLOCK,    /* number: the client's clock is so many seconds ahead from now on; no answer */
	ORDER_HUSH      /* leg: close idle sessions now; no answer but their `closed` facts */
};

struct order {
	uint32_t kind, leg, step, number;
};

#endif
