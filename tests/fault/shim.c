/* Counts the calls that change files under one folder, and kills the process or fails the call at the Nth.

   Preloaded, so that it sees SQLite's and tantivy's calls as well as Python's. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OFF, COUNT, KILL, FAIL };

static char root[PATH_MAX];
static size_t root_length;
static atomic_int mode = OFF, error_number, persists;
static atomic_long calls, target;
static char trace[1 << 16];
static atomic_long traced;

void shim_arm(const char *folder, int how, long nth, int number, int every) {
    snprintf(root, sizeof root, "%s", folder);
    root_length = strlen(root);
    calls = 0;
    traced = 0;
    target = nth;
    error_number = number;
    persists = every;
    mode = how;
}

long shim_disarm(void) {
    mode = OFF;
    return calls;
}

/* One letter a call: what kind it was. */
const char *shim_trace(void) { return trace; }

static int under(const char *path) {
    return strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || path[root_length] == 0);
}

static int folder_of(int descriptor, char *path, size_t size) {
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(name, path, size - 1);
    if (length < 0)
        return -1;
    path[length] = 0;
    return 0;
}

static int strike(char kind) {
    long number = ++calls;
    long place = traced++;
    if (place < (long)sizeof trace - 1) {
        trace[place] = kind;
        trace[place + 1] = 0;
    }
    if (mode == COUNT || number < target || (number > target && !persists))
        return 0;
    if (mode == KILL) {
        kill(getpid(), SIGKILL);
        for (;;)
            pause();
    }
    errno = error_number;
    return -1;
}

static int on_path(int at, const char *path, char kind) {
    if (mode == OFF || path == NULL)
        return 0;
    int saved = errno, result = 0;
    char whole[PATH_MAX], base[PATH_MAX];
    if (path[0] == '/')
        snprintf(whole, sizeof whole, "%s", path);
    else if (at != AT_FDCWD && folder_of(at, base, sizeof base) == 0)
        snprintf(whole, sizeof whole, "%.2000s/%.2000s", base, path);
    else
        return 0;
    if (under(whole))
        result = strike(kind);
    if (result == 0)
        errno = saved;
    return result;
}

static int on_descriptor(int descriptor, char kind) {
    if (mode == OFF)
        return 0;
    int saved = errno, result = 0;
    char path[PATH_MAX];
    if (folder_of(descriptor, path, sizeof path) == 0 && under(path))
        result = strike(kind);
    if (result == 0)
        errno = saved;
    return result;
}


#define DESCRIPTOR(type, name, kind, parameters, ...) \
    type name parameters { \
        static type(*real) parameters; \
        if (real == NULL) \
            real = (type(*) parameters)dlsym(RTLD_NEXT, #name); \
        return on_descriptor(fd, kind) ? -1 : real(__VA_ARGS__); \
    }

#define PATHS(name, at, path, kind, parameters, ...) \
    int name parameters { \
        static int(*real) parameters; \
        if (real == NULL) \
            real = (int(*) parameters)dlsym(RTLD_NEXT, #name); \
        return on_path(at, path, kind) ? -1 : real(__VA_ARGS__); \
    }

DESCRIPTOR(ssize_t, write, 'w', (int fd, const void *data, size_t size), fd, data, size)
DESCRIPTOR(ssize_t, pwrite, 'w', (int fd, const void *data, size_t size, off_t at), fd, data, size, at)
DESCRIPTOR(ssize_t, pwrite64, 'w', (int fd, const void *data, size_t size, off64_t at), fd, data, size, at)
DESCRIPTOR(ssize_t, writev, 'w', (int fd, const struct iovec *parts, int count), fd, parts, count)
DESCRIPTOR(int, fsync, 's', (int fd), fd)
DESCRIPTOR(int, fdatasync, 's', (int fd), fd)
DESCRIPTOR(int, ftruncate, 't', (int fd, off_t size), fd, size)
DESCRIPTOR(int, ftruncate64, 't', (int fd, off64_t size), fd, size)
DESCRIPTOR(ssize_t, sendfile, 'w', (int fd, int in, off_t *at, size_t size), fd, in, at, size)
DESCRIPTOR(ssize_t, sendfile64, 'w', (int fd, int in, off64_t *at, size_t size), fd, in, at, size)

ssize_t copy_file_range(int in, off64_t *from, int fd, off64_t *to, size_t size, unsigned flags) {
    static ssize_t (*real)(int, off64_t *, int, off64_t *, size_t, unsigned);
    if (real == NULL)
        real = (ssize_t(*)(int, off64_t *, int, off64_t *, size_t, unsigned))dlsym(RTLD_NEXT, "copy_file_range");
    return on_descriptor(fd, 'w') ? -1 : real(in, from, fd, to, size, flags);
}

PATHS(rename, AT_FDCWD, to, 'r', (const char *from, const char *to), from, to)
PATHS(renameat, there, to, 'r', (int here, const char *from, int there, const char *to), here, from, there, to)
PATHS(renameat2, there, to, 'r', (int here, const char *from, int there, const char *to, unsigned flags), here, from,
      there, to, flags)
PATHS(link, AT_FDCWD, to, 'l', (const char *from, const char *to), from, to)
PATHS(linkat, there, to, 'l', (int here, const char *from, int there, const char *to, int flags), here, from, there, to,
      flags)
PATHS(unlink, AT_FDCWD, path, 'u', (const char *path), path)
PATHS(unlinkat, at, path, 'u', (int at, const char *path, int flags), at, path, flags)
PATHS(rmdir, AT_FDCWD, path, 'u', (const char *path), path)
PATHS(mkdir, AT_FDCWD, path, 'm', (const char *path, mode_t bits), path, bits)
PATHS(mkdirat, at, path, 'm', (int at, const char *path, mode_t bits), at, path, bits)

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        static int (*real)(const char *, int, ...); \
        if (real == NULL) \
            real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name); \
        mode_t bits = 0; \
        if (flags & (O_CREAT | __O_TMPFILE)) { \
            va_list rest; \
            va_start(rest, flags); \
            bits = va_arg(rest, mode_t); \
            va_end(rest); \
            if (on_path(AT_FDCWD, path, 'o')) \
                return -1; \
        } \
        return real(path, flags, bits); \
    }

#define OPENAT(name) \
    int name(int at, const char *path, int flags, ...) { \
        static int (*real)(int, const char *, int, ...); \
        if (real == NULL) \
            real = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, #name); \
        mode_t bits = 0; \
        if (flags & (O_CREAT | __O_TMPFILE)) { \
            va_list rest; \
            va_start(rest, flags); \
            bits = va_arg(rest, mode_t); \
            va_end(rest); \
            if (on_path(at, path, 'o')) \
                return -1; \
        } \
        return real(at, path, flags, bits); \
    }

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
