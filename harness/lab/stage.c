/* SPDX-License-Identifier: Apache-2.0 */
/* stage.c - see stage.h */
#include "harness/lab/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/base/must.h"
#include "harness/lab/init.h"
#include "harness/lab/leaks.h"
#include "harness/lab/link.h"
#include "harness/lab/process.h"

#define KEEP_MAX 32

struct stage {
	struct lab *lab;
	const struct lab_options *options;
	const struct lab_ends *ends;
	int world_ns, world_netlink, client_netlink;
};

_Noreturn static void
give_up(const struct stage *stage, const struct why *why)
{
	struct stage_report report = {.which = -1, .why = *why};

	send(stage->ends->stage, &report, sizeof(report), MSG_NOSIGNAL);
	_exit(1);
}

static void
keep_only(const struct stage *stage, const int *fds, size_t n, bool with_options)
{
	int keep[KEEP_MAX];
	size_t count = 0;

	must(n + stage->options->n_keep <= KEEP_MAX);
	for (size_t i = 0; i < n; i++)
		keep[count++] = fds[i];
	for (size_t i = 0; with_options && i < stage->options->n_keep; i++)
		keep[count++] = stage->options->keep[i];
	process_keep_only(keep, count);
}

_Noreturn static void
run_init(const struct stage *stage)
{
	int keep[] = {stage->ends->requests, stage->ends->exits, stage->ends->lifeline};

	keep_only(stage, keep, 3, false);
	prctl(PR_SET_NAME, "mitmx-init", 0, 0, 0);
	init_main(stage->options, stage->lab->scratch, stage->ends);
}

/* World or witness. */
_Noreturn static void
run_body(const struct stage *stage, int which)
{
	struct lab *lab = stage->lab;
	int fact_fd = stage->ends->facts[which];
	struct lab_child child = {
	    .fact_fd = fact_fd, .interface = LINK_WORLD, .refused_interface = LINK_WORLD_REFUSED, .lab = lab};
	bool world = which == LAB_WORLD;
	int keep[] = {fact_fd, world ? stage->world_netlink : -1, world ? stage->client_netlink : -1};
	int status;

	keep_only(stage, keep, 3, true);
	prctl(PR_SET_NAME, world ? "mitmx-world" : "mitmx-witness", 0, 0, 0);
	if (world) {
		lab->world_netlink = stage->world_netlink;
		lab->client_netlink = stage->client_netlink;
	}
	status = world ? stage->options->world(stage->options->ctx, &child)
		       : stage->options->witness(stage->options->ctx, &child);
	leaks_tell();
	_exit(status);
}

static void
start(const struct stage *stage, int which)
{
	unsigned long flags = CLONE_PARENT;
	struct stage_report report = {.which = which};
	struct why why;

	if (which == LAB_INIT)
		flags |= CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC;
	report.pid = process_fork(flags);
	if (report.pid == 0) {
		if (which == LAB_INIT)
			run_init(stage);
		run_body(stage, which);
	}
	if (report.pid < 0) {
		why_errno(&why, "cannot start a process of the lab");
		give_up(stage, &why);
	}
	if (send(stage->ends->stage, &report, sizeof(report), MSG_NOSIGNAL) < 0)
		_exit(1);
}

static int
open_namespaces(struct stage *stage, struct why *why)
{
	stage->world_netlink = netlink_open();
	stage->world_ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (stage->world_netlink < 0 || stage->world_ns < 0)
		return why_errno(why, "cannot open the world's net namespace");
	if (unshare(CLONE_NEWNET) < 0)
		return why_errno(why, "cannot make the client's net namespace");
	stage->client_netlink = netlink_open();
	return stage->client_netlink < 0 ? why_errno(why, "cannot open the client's net namespace") : 0;
}

_Noreturn void
stage_main(struct lab *lab, const struct lab_options *options, const struct lab_ends *ends)
{
	struct stage stage = {.lab = lab, .options = options, .ends = ends};
	int keep[] = {ends->stage, ends->facts[0], ends->facts[1], ends->requests, ends->exits,
	    ends->lifeline},
	    mode;
	struct why why;

	/* A group of our own: Ctrl-C is for the front, which then ends the lab in its order. */
	setpgid(0, 0);
	keep_only(&stage, keep, 6, true);
	process_reset_signals();
	if (recv(ends->stage, &mode, sizeof(mode), 0) != (ssize_t)sizeof(mode))
		_exit(1);
	lab->mode = (enum lab_mode)mode;
	if (open_namespaces(&stage, &why) < 0 ||
	    link_make_client(stage.client_netlink, stage.world_ns, &why) < 0)
		give_up(&stage, &why);
	start(&stage, LAB_INIT); /* builds its root while we go on */
	if (setns(stage.world_ns, CLONE_NEWNET) < 0) {
		why_errno(&why, "cannot go back to the world's net namespace");
		give_up(&stage, &why);
	}
	if (link_make_world(stage.world_netlink, &why) < 0)
		give_up(&stage, &why);
	start(&stage, LAB_WORLD);
	start(&stage, LAB_WITNESS);
	_exit(0);
}
