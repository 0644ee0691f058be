/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lab.c - the front's side of the lab's life: starts the stage, takes up what it made, ends it all.
 *
 * What the lab consists of is made in stage.c, link.c and root.c; requests are in ask.c.
 */
#include "harness/lab/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/must.h"
#include "harness/lab/idmap.h"
#include "harness/lab/leaks.h"
#include "harness/lab/preload.h"
#include "harness/lab/process.h"
#include "harness/lab/reach.h"
#include "harness/lab/request.h"
#include "harness/lab/stage.h"
#include "harness/lab/state.h"

#define END_PATIENCE_MS 20000
#define FACT_BUFFER (4 << 20) /* bytes; the default holds 167 messages */

const char *
lab_mode_name(enum lab_mode mode)
{
	static const char *const names[] = {"root", "user-map", "user-single"};

	return names[mode];
}

static void
close_descriptor(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* --- channels ------------------------------------------------------------------------------ */

static int
make_pair(int flags, int *ours, int *theirs)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0, pair) < 0)
		return -1;
	*ours = pair[0];
	*theirs = pair[1];
	return 0;
}

static void
enlarge(int fd)
{
	int size = FACT_BUFFER;

	/* Beyond the system's limit only for the first namespace's root; what the limit allows for the
	 * others. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static int
open_channels(struct lab *lab, struct lab_ends *ends, int *stage, struct why *why)
{
	int lifeline[2];

	for (int i = 0; i < 2; i++) {
		if (make_pair(SOCK_NONBLOCK, &lab->facts[i], &ends->facts[i]) < 0)
			return why_errno(why, "cannot make a socket for facts");
		enlarge(ends->facts[i]);
	}
	if (make_pair(0, stage, &ends->stage) < 0 || make_pair(0, &lab->requests, &ends->requests) < 0 ||
	    make_pair(SOCK_NONBLOCK, &lab->exits, &ends->exits) < 0)
		return why_errno(why, "cannot make a socket to the lab");
	if (pipe2(lifeline, O_CLOEXEC) < 0)
		return why_errno(why, "cannot make a pipe to the lab");
	ends->lifeline = lifeline[0];
	lab->lifeline = lifeline[1];
	return 0;
}

static void
close_ends(struct lab_ends *ends)
{
	close_descriptor(&ends->stage);
	close_descriptor(&ends->facts[0]);
	close_descriptor(&ends->facts[1]);
	close_descriptor(&ends->requests);
	close_descriptor(&ends->exits);
	close_descriptor(&ends->lifeline);
}

/* --- the processes ------------------------------------------------------------------------- */

static void
reap(idtype_t type, id_t id)
{
	siginfo_t info;
	int result;

	do
		result = waitid(type, id, &info, WEXITED);
	while (result == 0 || errno == EINTR); /* until ECHILD: no such child is left */
}

static int
fork_stage(struct lab *lab, const struct lab_options *options, const struct lab_ends *ends, struct why *why)
{
	lab->stage = process_fork(CLONE_NEWUSER | CLONE_NEWNET);
	if (lab->stage == 0)
		stage_main(lab, options, ends);
	if (lab->stage > 0)
		return 0;
	return why_errno(why, "cannot make a user namespace for the lab (`mitmx doctor` says what cures it)");
}

static int
take_up(struct lab *lab, const struct stage_report *report, struct why *why)
{
	struct lab_process *process;

	if (report->which < 0 || report->which >= LAB_PROCESSES) {
		if (why != NULL)
			*why = report->why;
		return -1;
	}
	process = &lab->processes[report->which];
	process->pid = report->pid;
	process->pidfd = (int)syscall(SYS_pidfd_open, report->pid, 0);
	return process->pidfd < 0 ? why_errno(why, "cannot hold a process of the lab") : 0;
}

/* Lets the stage begin, and waits until it made all processes. */
static int
direct_stage(struct lab *lab, int stage, struct why *why)
{
	int mode;

	if (idmap_write(lab->stage, &lab->mode, why) < 0)
		return -1;
	mode = (int)lab->mode;
	if (send(stage, &mode, sizeof(mode), MSG_NOSIGNAL) < 0)
		return why_errno(why, "the lab's first process died");
	for (int i = 0; i < LAB_PROCESSES; i++) {
		struct stage_report report;
		ssize_t n;

		do
			n = recv(stage, &report, sizeof(report), 0);
		while (n < 0 && errno == EINTR);
		if (n != (ssize_t)sizeof(report))
			return why_set(why, "the lab's first process died");
		if (take_up(lab, &report, why) < 0)
			return -1;
	}
	return 0;
}

/* Waits until init says that the client's root stands; takes the clock page up. */
static int
await_init(struct lab *lab, struct why *why)
{
	struct reply reply;
	int fds[REQUEST_FDS_MAX];
	size_t n_fds;

	if (request_receive(lab->requests, &reply, sizeof(reply), fds, &n_fds) != (ssize_t)sizeof(reply))
		return why_set(why, "pid 1 of the client's machine died");
	if (reply.value == 0) {
		must(n_fds == 1);
		lab->page = preload_map(fds[0], why);
	} else if (why != NULL) {
		*why = reply.why;
	}
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	if (lab->page == NULL)
		return why_prefix(why, "cannot build the client's machine");
	lab->page->fake_ids = lab->mode == LAB_USER_SINGLE; /* where set*id and chown would fail */
	return 0;
}

static struct lab *
make_lab(const struct lab_options *options)
{
	static unsigned number;
	struct lab *lab = must_alloc(sizeof(*lab));

	*lab = (struct lab){.stage = -1,
	    .facts = {-1, -1},
	    .requests = -1,
	    .exits = -1,
	    .lifeline = -1,
	    .world_netlink = -1,
	    .client_netlink = -1};
	for (int i = 0; i < LAB_PROCESSES; i++)
		lab->processes[i] = (struct lab_process){-1, -1};
	if (options->out == NULL)
		return lab;
	snprintf(lab->scratch, sizeof(lab->scratch), ".machine-%d-%u", (int)getpid(), ++number);
	lab->scratch_path = must_alloc(strlen(options->out) + sizeof(lab->scratch) + 2);
	sprintf(lab->scratch_path, "%s/%s", options->out, lab->scratch);
	return lab;
}

struct lab *
lab_start(const struct lab_options *options, struct why *why)
{
	struct lab *lab = make_lab(options);
	struct lab_ends ends = {-1, {-1, -1}, -1, -1, -1};
	int stage = -1, result;

	result = open_channels(lab, &ends, &stage, why);
	if (result == 0)
		result = fork_stage(lab, options, &ends, why);
	close_ends(&ends);
	if (result == 0)
		result = direct_stage(lab, stage, why);
	close_descriptor(&stage); /* where it still waits for us, it goes */
	if (lab->stage > 0)
		reap(P_PID, (id_t)lab->stage);
	if (result == 0)
		result = await_init(lab, why);
	if (result == 0)
		return lab;
	lab_stop(lab);
	return NULL;
}

/* --- the end ------------------------------------------------------------------------------- */

static int
remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path) == 0 || errno == ENOENT ? 0 : 0;
}

static int
open_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)ftw;
	if (kind == FTW_D || kind == FTW_DNR)
		chmod(path,
		    (st->st_mode & 07777) | 0700); /* an overlay leaves a work folder that nobody may enter */
	return 0;
}

static void
remove_scratch(struct lab *lab)
{
	if (lab->scratch_path == NULL || access(lab->scratch_path, F_OK) < 0)
		return;
	nftw(lab->scratch_path, open_entry, 16, FTW_PHYS);
	nftw(lab->scratch_path, remove_entry, 16, FTW_PHYS | FTW_DEPTH);
}

/* By themselves, so that they can say what they leaked; the time is for one that hangs. */
static void
let_end(struct lab *lab)
{
	close_descriptor(&lab->facts[0]);
	close_descriptor(&lab->facts[1]);
	close_descriptor(&lab->requests);
	for (int i = 0; i < LAB_PROCESSES; i++) {
		struct pollfd p = {.fd = lab->processes[i].pidfd, .events = POLLIN};

		while (p.fd >= 0 && poll(&p, 1, END_PATIENCE_MS) < 0 && errno == EINTR)
			continue;
	}
}

void
lab_stop(struct lab *lab)
{
	if (lab == NULL)
		return;
	if (leaks_are_told())
		let_end(lab);
	for (int i = 0; i < LAB_PROCESSES; i++)
		if (lab->processes[i].pidfd >= 0)
			syscall(SYS_pidfd_send_signal, lab->processes[i].pidfd, SIGKILL, NULL, 0);
	close_descriptor(&lab->lifeline);
	close_descriptor(&lab->facts[0]);
	close_descriptor(&lab->facts[1]);
	close_descriptor(&lab->requests);
	close_descriptor(&lab->exits);
	/* By group, so that one whose pid the stage could not tell any more is reaped too. */
	if (lab->stage > 0)
		reap(P_PGID, (id_t)lab->stage);
	for (int i = 0; i < LAB_PROCESSES; i++)
		close_descriptor(&lab->processes[i].pidfd);
	preload_unmap(lab->page);
	remove_scratch(lab);
	free(lab->scratch_path);
	free(lab);
}

/* --- its clock ------------------------------------------------------------------------------ */

void
lab_set_clock(struct lab *lab, uint64_t offset_s)
{
	int64_t offset = (int64_t)offset_s;

	/* What is ahead of files and queues is only late; what is behind them stands still. */
	must(offset_s <= INT64_MAX && offset >= lab->page->offset_s);
	__atomic_store_n(&lab->page->offset_s, offset, __ATOMIC_RELEASE);
}

/* --- what is there ------------------------------------------------------------------------- */

enum lab_mode
lab_mode(const struct lab *lab)
{
	return lab->mode;
}

int
lab_world_fd(const struct lab *lab)
{
	return lab->facts[LAB_WORLD];
}

int
lab_witness_fd(const struct lab *lab)
{
	return lab->facts[LAB_WITNESS];
}

pid_t
lab_pid(const struct lab *lab, int which)
{
	must(which >= 0 && which < LAB_PROCESSES);
	return lab->processes[which].pid;
}

int
lab_which(const struct lab *lab, pid_t pid)
{
	for (int i = 0; i < LAB_PROCESSES; i++)
		if (lab->processes[i].pid == pid)
			return i;
	return -1;
}

int
lab_set_reach(struct lab *lab, struct plan_address address, int reach, struct why *why)
{
	must(lab->world_netlink >= 0);
	return reach_set(lab->client_netlink, lab->world_netlink, address, reach, why);
}
