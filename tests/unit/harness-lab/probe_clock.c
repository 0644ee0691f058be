/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe_clock.c - a program for the client's machine that test_clock.c starts there: reads the clock in all
 * ways, waits for deadlines in all ways, changes its ids.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

/* --- the clock ------------------------------------------------------------------------------ */

static int64_t
read_clock(clockid_t clock)
{
	struct timespec now;

	return clock_gettime(clock, &now) == 0 ? now.tv_sec : -1;
}

/* In seconds; one line. */
static void
print_times(void)
{
	struct timespec numbered = {0}, utc = {0};
	struct timeval day = {0};

	timespec_get(&utc, TIME_UTC);
	gettimeofday(&day, NULL);
	syscall(SYS_clock_gettime, CLOCK_REALTIME, &numbered);
	printf("%lld %lld %lld %lld %lld %lld %lld %lld\n", (long long)read_clock(CLOCK_MONOTONIC),
	    (long long)read_clock(CLOCK_REALTIME), (long long)read_clock(CLOCK_REALTIME_COARSE),
	    (long long)read_clock(CLOCK_TAI), (long long)time(NULL), (long long)day.tv_sec,
	    (long long)utc.tv_sec, (long long)numbered.tv_sec);
	fflush(stdout);
}

/* A line for each line read; with a folder, after that became the root. */
static int
watch(const char *root)
{
	char line[16];

	if (root != NULL && (chroot(root) < 0 || chdir("/") < 0 || setgid(65534) < 0 || setuid(65534) < 0)) {
		perror(root);
		return 1;
	}
	while (fgets(line, sizeof(line), stdin) != NULL)
		print_times();
	return 0;
}

/* --- deadlines ------------------------------------------------------------------------------ */

#define WAIT_NS 30000000 /* each wait is this long */

static pthread_mutex_t taken = PTHREAD_MUTEX_INITIALIZER; /* by a thread that keeps it */
static pthread_rwlock_t locked = PTHREAD_RWLOCK_INITIALIZER;
static mtx_t also_taken;
static sem_t none;
static pthread_t keeper;
static sem_t kept;

static void *
keep(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&taken);
	pthread_rwlock_wrlock(&locked);
	mtx_lock(&also_taken);
	sem_post(&kept);
	for (;;)
		pause();
	return NULL;
}

static int
by_cond(clockid_t of_cond, clockid_t clock, const struct timespec *deadline)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_condattr_t attr;
	pthread_cond_t cond;
	int result;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, of_cond);
	pthread_cond_init(&cond, &attr);
	pthread_mutex_lock(&mutex);
	do
		result = of_cond == clock ? pthread_cond_timedwait(&cond, &mutex, deadline)
					  : pthread_cond_clockwait(&cond, &mutex, clock, deadline);
	while (result == 0);
	pthread_mutex_unlock(&mutex);
	return result;
}

static int
by_plain_cond(const struct timespec *deadline)
{
	return by_cond(CLOCK_REALTIME, CLOCK_REALTIME, deadline);
}

static int
by_monotonic_cond(const struct timespec *deadline)
{
	return by_cond(CLOCK_MONOTONIC, CLOCK_MONOTONIC, deadline);
}

static int
by_cond_clock(const struct timespec *deadline)
{
	return by_cond(CLOCK_MONOTONIC, CLOCK_REALTIME, deadline);
}

static int
by_monotonic_cond_clock(const struct timespec *deadline)
{
	return by_cond(CLOCK_REALTIME, CLOCK_MONOTONIC, deadline);
}

static int
by_cnd(const struct timespec *deadline)
{
	mtx_t mutex;
	cnd_t cond;

	mtx_init(&mutex, mtx_plain);
	cnd_init(&cond);
	mtx_lock(&mutex);
	return cnd_timedwait(&cond, &mutex, deadline) == thrd_timedout ? ETIMEDOUT : -1;
}

static int
by_mtx(const struct timespec *deadline)
{
	return mtx_timedlock(&also_taken, deadline) == thrd_timedout ? ETIMEDOUT : -1;
}

static int
by_mutex(const struct timespec *deadline)
{
	return pthread_mutex_timedlock(&taken, deadline);
}

static int
by_mutex_clock(const struct timespec *deadline)
{
	return pthread_mutex_clocklock(&taken, CLOCK_REALTIME, deadline);
}

static int
by_rdlock(const struct timespec *deadline)
{
	return pthread_rwlock_timedrdlock(&locked, deadline);
}

static int
by_wrlock(const struct timespec *deadline)
{
	return pthread_rwlock_timedwrlock(&locked, deadline);
}

static int
by_rdlock_clock(const struct timespec *deadline)
{
	return pthread_rwlock_clockrdlock(&locked, CLOCK_REALTIME, deadline);
}

static int
by_wrlock_clock(const struct timespec *deadline)
{
	return pthread_rwlock_clockwrlock(&locked, CLOCK_REALTIME, deadline);
}

static int
by_join(const struct timespec *deadline)
{
	return pthread_timedjoin_np(keeper, NULL, deadline);
}

static int
by_join_clock(const struct timespec *deadline)
{
	return pthread_clockjoin_np(keeper, NULL, CLOCK_REALTIME, deadline);
}

static int
by_sem(const struct timespec *deadline)
{
	return sem_timedwait(&none, deadline) < 0 ? errno : 0;
}

static int
by_sem_clock(const struct timespec *deadline)
{
	return sem_clockwait(&none, CLOCK_REALTIME, deadline) < 0 ? errno : 0;
}

static int
by_monotonic_sem(const struct timespec *deadline)
{
	return sem_clockwait(&none, CLOCK_MONOTONIC, deadline) < 0 ? errno : 0;
}

static mqd_t
open_queue(void)
{
	struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = 16};
	char name[32];
	mqd_t queue;

	snprintf(name, sizeof(name), "/probe-%d", (int)getpid());
	queue = mq_open(name, O_RDWR | O_CREAT, 0600, &attr);
	mq_unlink(name);
	return queue;
}

static int
by_receive(const struct timespec *deadline)
{
	char data[16];

	return mq_timedreceive(open_queue(), data, sizeof(data), NULL, deadline) < 0 ? errno : 0;
}

static int
by_send(const struct timespec *deadline)
{
	mqd_t queue = open_queue();

	mq_send(queue, "x", 1, 0); /* now it is full */
	return mq_timedsend(queue, "x", 1, 0, deadline) < 0 ? errno : 0;
}

static int
by_nanosleep(const struct timespec *deadline)
{
	return clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, deadline, NULL) == 0 ? ETIMEDOUT : -1;
}

static int
by_monotonic_nanosleep(const struct timespec *deadline)
{
	return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, deadline, NULL) == 0 ? ETIMEDOUT : -1;
}

static int
by_numbered_nanosleep(const struct timespec *deadline)
{
	return syscall(SYS_clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, deadline, NULL) == 0 ? ETIMEDOUT
												: -1;
}

static int
by_futex(const struct timespec *deadline)
{
	uint32_t word = 0;

	return syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, deadline, NULL,
		   FUTEX_BITSET_MATCH_ANY) < 0
		   ? errno
		   : 0;
}

static int
await_timerfd(clockid_t clock, const struct timespec *deadline)
{
	struct itimerspec when = {.it_value = *deadline};
	int fd = timerfd_create(clock, TFD_CLOEXEC);
	uint64_t times;

	timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL);
	return read(fd, &times, sizeof(times)) == sizeof(times) ? ETIMEDOUT : -1;
}

static int
by_timerfd(const struct timespec *deadline)
{
	return await_timerfd(CLOCK_REALTIME, deadline);
}

static int
by_monotonic_timerfd(const struct timespec *deadline)
{
	return await_timerfd(CLOCK_MONOTONIC, deadline);
}

static int
by_timer(const struct timespec *deadline)
{
	struct itimerspec when = {.it_value = *deadline};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	timer_t timer;
	sigset_t set;
	int result;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (timer_create(CLOCK_REALTIME, &event, &timer) < 0 ||
	    timer_settime(timer, TIMER_ABSTIME, &when, NULL) < 0)
		return errno;
	result = sigwaitinfo(&set, NULL) == SIGUSR1 ? ETIMEDOUT : -1;
	timer_delete(timer);
	return result;
}

static const struct {
	const char *name;
	int (*wait)(const struct timespec *deadline);
	clockid_t clock;
} waits[] = {
    {"pthread_cond_timedwait", by_plain_cond, CLOCK_REALTIME},
    {"pthread_cond_timedwait, monotonic", by_monotonic_cond, CLOCK_MONOTONIC},
    {"pthread_cond_clockwait", by_cond_clock, CLOCK_REALTIME},
    {"pthread_cond_clockwait, monotonic", by_monotonic_cond_clock, CLOCK_MONOTONIC},
    {"pthread_mutex_timedlock", by_mutex, CLOCK_REALTIME},
    {"pthread_mutex_clocklock", by_mutex_clock, CLOCK_REALTIME},
    {"pthread_rwlock_timedrdlock", by_rdlock, CLOCK_REALTIME},
    {"pthread_rwlock_timedwrlock", by_wrlock, CLOCK_REALTIME},
    {"pthread_rwlock_clockrdlock", by_rdlock_clock, CLOCK_REALTIME},
    {"pthread_rwlock_clockwrlock", by_wrlock_clock, CLOCK_REALTIME},
    {"pthread_timedjoin_np", by_join, CLOCK_REALTIME},
    {"pthread_clockjoin_np", by_join_clock, CLOCK_REALTIME},
    {"sem_timedwait", by_sem, CLOCK_REALTIME},
    {"sem_clockwait", by_sem_clock, CLOCK_REALTIME},
    {"sem_clockwait, monotonic", by_monotonic_sem, CLOCK_MONOTONIC},
    {"mq_timedreceive", by_receive, CLOCK_REALTIME},
    {"mq_timedsend", by_send, CLOCK_REALTIME},
    {"cnd_timedwait", by_cnd, CLOCK_REALTIME},
    {"mtx_timedlock", by_mtx, CLOCK_REALTIME},
    {"clock_nanosleep", by_nanosleep, CLOCK_REALTIME},
    {"clock_nanosleep, monotonic", by_monotonic_nanosleep, CLOCK_MONOTONIC},
    {"syscall(SYS_clock_nanosleep)", by_numbered_nanosleep, CLOCK_REALTIME},
    {"syscall(SYS_futex)", by_futex, CLOCK_REALTIME},
    {"timerfd_settime", by_timerfd, CLOCK_REALTIME},
    {"timerfd_settime, monotonic", by_monotonic_timerfd, CLOCK_MONOTONIC},
    {"timer_settime", by_timer, CLOCK_REALTIME},
};

static struct timespec
after_a_moment(clockid_t clock)
{
	struct timespec at;

	clock_gettime(clock, &at);
	at.tv_nsec += WAIT_NS;
	at.tv_sec += at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	return at;
}

/* Each on a line before it is waited for, so that one that hangs is the last; then what was odd. */
static int
wait_in_all_ways(void)
{
	sem_init(&none, 0, 0);
	sem_init(&kept, 0, 0);
	mtx_init(&also_taken, mtx_timed);
	pthread_create(&keeper, NULL, keep, NULL);
	sem_wait(&kept);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		struct timespec deadline, began, ended;
		int64_t ns;
		int result;

		printf("%s\n", waits[i].name);
		fflush(stdout);
		clock_gettime(CLOCK_MONOTONIC, &began);
		deadline = after_a_moment(waits[i].clock);
		result = waits[i].wait(&deadline);
		clock_gettime(CLOCK_MONOTONIC, &ended);
		ns = (ended.tv_sec - began.tv_sec) * 1000000000 + ended.tv_nsec - began.tv_nsec;
		if (result != ETIMEDOUT)
			printf("  said %d\n", result);
		if (ns < WAIT_NS * 9 / 10)
			printf("  came back after %lld us\n", (long long)ns / 1000);
	}
	printf("done\n");
	return 0;
}

/* A deadline that was an hour ahead when it was made, waited for when a line was read. */
static int
wait_for_the_past(void)
{
	struct timespec deadline = after_a_moment(CLOCK_REALTIME);
	char line[16];

	deadline.tv_sec += 3600;
	printf("made\n");
	fflush(stdout);
	if (fgets(line, sizeof(line), stdin) == NULL)
		return 1;
	printf("%s\n", by_plain_cond(&deadline) == ETIMEDOUT ? "over" : "?");
	return 0;
}

/* --- ids ------------------------------------------------------------------------------------ */

static void
print_ids(const char *what, int result)
{
	int error = errno;
	uid_t u[3];
	gid_t g[3], list[8];
	int n = getgroups(8, list);

	getresuid(&u[0], &u[1], &u[2]);
	getresgid(&g[0], &g[1], &g[2]);
	printf("%s: %s, users %u %u %u, groups %u %u %u +", what, result < 0 ? strerror(error) : "done", u[0],
	    u[1], u[2], g[0], g[1], g[2]);
	for (int i = 0; i < n; i++)
		printf(" %u", list[i]);
	printf("%s\n",
	    getuid() == u[0] && geteuid() == u[1] && getgid() == g[0] && getegid() == g[1] ? "" : " ?");
	fflush(stdout);
}

static void
in_a_child(void (*what)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		what();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void
drop(void)
{
	const gid_t list[] = {20, 21};

	print_ids("setgroups", setgroups(2, list));
	print_ids("setgid", setgid(10));
	print_ids("setuid", setuid(11));
	print_ids("setuid back", setuid(0));
	print_ids("seteuid back", seteuid(0));
	print_ids("setgid then", setgid(0));
	print_ids("setgroups then", setgroups(0, NULL));
	print_ids("setresuid to oneself", setresuid(11, 11, 11));
}

static void
take_turns(void)
{
	print_ids("setegid", setegid(10));
	print_ids("seteuid", seteuid(11));
	print_ids("seteuid back", seteuid(0));
	print_ids("setreuid", setreuid(12, 13));
	print_ids("setreuid turned", setreuid(13, 12));
	print_ids("setreuid beyond", setreuid(0, (uid_t)-1));
	print_ids("seteuid to the saved", seteuid(13));
}

static void
set_three(void)
{
	print_ids("setresgid", setresgid(1, 2, 3));
	print_ids("setresuid", setresuid(4, 5, 6));
	print_ids("setuid to the saved", setuid(6));
	print_ids("setuid to the real", setuid(4));
	print_ids("setuid to another", setuid(7));
	print_ids("setregid", setregid(3, (gid_t)-1));
	print_ids("setgid to nobody", setgid((gid_t)-1));
}

static void
by_number(void)
{
	print_ids("syscall(SYS_setresgid)", (int)syscall(SYS_setresgid, 1, 2, 3));
	print_ids("syscall(SYS_setresuid)", (int)syscall(SYS_setresuid, 4, 5, 6));
	print_ids("syscall(SYS_setuid)", (int)syscall(SYS_setuid, 0));
}

static void
vanish(void)
{
	/* The sanitizers' vfork is a fork; that of libc lends the parent's memory to the child. */
	pid_t pid = vfork();

	if (pid == 0)
		_exit(setuid(9) == 0 && getuid() == 9 ? 0 : 1);
	print_ids("after a child of vfork", 0);
}

static int
change_ids(const char *self)
{
	setgroups(0, NULL);
	print_ids("begun", 0);
	in_a_child(drop);
	in_a_child(take_turns);
	in_a_child(set_three);
	in_a_child(by_number);
	in_a_child(vanish);
	print_ids("parent", 0);
	if (setresgid(1, 2, 3) < 0 || setresuid(4, 5, 6) < 0)
		return 1;
	execl(self, "probe", "ids-after-exec", NULL);
	return 1;
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "watch") == 0)
		return watch(argc > 2 ? argv[2] : NULL);
	if (strcmp(what, "wait") == 0)
		return wait_in_all_ways();
	if (strcmp(what, "wait-for-the-past") == 0)
		return wait_for_the_past();
	if (strcmp(what, "ids") == 0)
		return change_ids(argv[0]);
	if (strcmp(what, "ids-after-exec") == 0) {
		print_ids("after exec", 0);
		return 0;
	}
	return 2;
}
