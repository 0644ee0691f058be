/* SPDX-License-Identifier: Apache-2.0 */
/* tls_demand.h - how much TLS a session needs; who demands it is said elsewhere. In rising order. */
#ifndef MTA_TLS_DEMAND_H
#define MTA_TLS_DEMAND_H

enum tls_demand {
	TLS_DEMAND_CLEAR,     /* no TLS, not even when offered */
	TLS_DEMAND_ANY,       /* when offered, without proof */
	TLS_DEMAND_ENCRYPTED, /* never in clear; without proof */
	TLS_DEMAND_PROVED     /* nothing else will do */
};

#endif
