/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lab.h - the private internet of one run: namespaces, the link, routes, the client's machine.
 *
 * The front calls lab_start and holds the rest by descriptors; it never enters a namespace.
 * Four processes of one program; the kernel ends all of them when the front dies.
 */
#ifndef LAB_H
#define LAB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "harness/base/why.h"
#include "harness/model/plan.h"

struct lab;

enum lab_mode { LAB_ROOT, LAB_USER_MAP, LAB_USER_SINGLE };
const char *lab_mode_name(enum lab_mode mode); /* "root", "user-map", "user-single" */

/* A file of ours on the client's machine. */
struct lab_file {
	const char *path; /* absolute, inside the client's root */
	const char *text;
	size_t len;
	unsigned mode; /* 0644 */
};

/* Passed to world and witness, valid in their process only. */
struct lab_child {
	int fact_fd;                   /* SOCK_SEQPACKET to the front */
	const char *interface;         /* the client's link, world side ("lab0") */
	const char *refused_interface; /* the link where nobody listens ("lab1") */
	struct lab *lab;
};

struct lab_options {
	const struct plan *plan;
	const struct lab_file *files; /* resolv.conf, hosts, nsswitch.conf, the trust store … */
	size_t n_files;
	const char *trust_directory; /* replaced whole by `trust_files` (e.g. /etc/ssl/certs), or NULL */
	const struct lab_file *trust_files;
	size_t n_trust_files;
	const char *root;      /* NULL: the host's own; else a directory */
	const char *bind_from; /* a host folder (the client's description) that is copied … */
	const char *bind_to;   /* … to here in the machine, writable; both NULL: none */
	const char *out;       /* a folder for overlay uppers where tmpfs has no user xattrs, or NULL */
	/* The bodies of the two processes; each returns its exit status. */
	int (*world)(void *ctx, const struct lab_child *child);
	int (*witness)(void *ctx, const struct lab_child *child);
	void *ctx;
	const int *keep;    /* descriptors that world and witness keep beside 0, 1 and 2 (a spool, a log) */
	size_t n_keep;      /* at most 16 */
	bool force_scratch; /* for tests: uppers go to `out` even if a tmpfs would do */
};

/* Makes all of it; returns when link, routes and the client's root stand. NULL and why on trouble; nothing is
 * left then. */
struct lab *lab_start(const struct lab_options *options, struct why *why);
/* Ends all processes of the lab and reaps them; frees. NULL is fine. */
void lab_stop(struct lab *lab);

/*
 * From now on the client's wall clock is `offset_s` seconds ahead of ours, which it was not at the start.
 * Every program of the machine sees it at once, except those that load no library (Go). Never less than
 * before.
 */
void lab_set_clock(struct lab *lab, uint64_t offset_s);

enum lab_mode lab_mode(const struct lab *lab);
int lab_world_fd(const struct lab *lab);         /* borrowed, nonblocking */
int lab_witness_fd(const struct lab *lab);       /* borrowed, nonblocking */
pid_t lab_pid(const struct lab *lab, int which); /* 0 world, 1 witness, 2 init */
/* Tells which of ours that pid was: 0 world, 1 witness, 2 init, -1 none (for SIGCHLD in the front). */
int lab_which(const struct lab *lab, pid_t pid);

/* In the world process only: a route for this host. See enum reach in fakes/world/world.h (0 open, 1 refused,
 * 2 blackholed). */
int lab_set_reach(struct lab *lab, struct plan_address address, int reach, struct why *why);

/* --- requests to init: each blocks for its short answer ---------------------------------- */

struct lab_spawn {
	const char *const *argv;            /* NULL-terminated; argv[0] is searched in PATH of `env` */
	const char *const *env;             /* NULL-terminated, whole */
	const char *directory;              /* working directory inside the machine */
	int stdin_fd, stdout_fd, stderr_fd; /* -1: /dev/null; borrowed */
	const char *base;       /* with `own`: sees the copies below it, of lab_make_own; else NULL */
	const char *const *own; /* NULL-terminated */
};

/* Pid in the client's pid namespace, or -1 and why (the program is missing, say). Its end comes as a struct
 * lab_exit. */
pid_t lab_spawn(struct lab *lab, const struct lab_spawn *spawn, struct why *why);
/*
 * Makes copies of these folders and files of the machine (absolute paths, NULL-terminated), as they are now,
 * below `base`; what is not there is made, an empty folder. Who is spawned with them sees each at its path.
 */
int lab_make_own(struct lab *lab, const char *base, const char *const *own, struct why *why);
/* Signals a process that lab_spawn started and that was not reaped yet, with its group; LAB_ALL: every
 * process of the machine but its init. */
#define LAB_ALL ((pid_t)-1)
int lab_kill(struct lab *lab, pid_t pid, int signal, struct why *why);
/* Opens a file of the client's machine for us; flags as open(2). A descriptor (owned), or -1. */
int lab_open(struct lab *lab, const char *path, int flags, unsigned mode, struct why *why);
/* Begins a nonblocking connect inside the client's net namespace; a descriptor (owned), or -1. */
int lab_connect(struct lab *lab, const struct sockaddr *to, socklen_t len, struct why *why);
/* Binds a datagram Unix socket at `path` (0666) on the client's machine (/dev/log); a descriptor (owned), or
 * -1. */
int lab_bind_log(struct lab *lab, const char *path, struct why *why);

struct lab_exit {
	pid_t pid;
	int status; /* exit status, or -1 when a signal ended it */
	int signal; /* 0 when it exited */
};

/* Readable when an exit waits. */
int lab_exit_fd(const struct lab *lab);
/* 1 and an exit, 0 when none waits, -1 when init is gone. Never blocks. */
int lab_next_exit(struct lab *lab, struct lab_exit *ret);

/* --- what this machine allows ------------------------------------------------------------ */

struct lab_check {
	const char *what; /* "an overlay mount with a writable upper" */
	int ok;
	char found[256]; /* what was seen */
	char cure[256];  /* the command or setting that cures it; empty when ok */
};

/*
 * Really tries a map, a mount, a link, an overlay write, a capture socket, and in the last row the lab as a
 * whole: where that one is ok, the lab runs. Fills up to `max`; returns how many.
 */
size_t lab_doctor(struct lab_check *checks, size_t max);

#endif
