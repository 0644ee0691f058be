/* SPDX-License-Identifier: Apache-2.0 */
/*
 * system.h - system calls without libc, and errno.
 *
 * Everything in this folder becomes one freestanding library that each program of the client's machine loads,
 * whatever its glibc: nothing of ours from elsewhere, no symbol of libc but weak ones.
 */
#ifndef PRELOAD_SYSTEM_H
#define PRELOAD_SYSTEM_H

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>

#define PUBLIC __attribute__((visibility("default")))
#define WEAK __attribute__((weak))

extern int *__errno_location(void) WEAK;

#if defined(__x86_64__)
#define VDSO_CLOCK_GETTIME "__vdso_clock_gettime"
static inline long
call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
#define VDSO_CLOCK_GETTIME "__kernel_clock_gettime"
static inline long
call(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}
#else
#error "the preload knows the system calls of x86-64 and aarch64 only"
#endif

#define CALL4(n, a, b, c, d) call(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define CALL3(n, a, b, c) CALL4(n, a, b, c, 0)

static inline int
fail(int error)
{
	if (__errno_location != NULL)
		*__errno_location() = error;
	return -1;
}

/* What a system call returned, as libc says it. */
static inline long
said(long result)
{
	return result < 0 && result >= -4095 ? fail((int)-result) : result;
}

#endif
