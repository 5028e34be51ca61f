/* A disk that fails on demand: loaded before libc into an unmodified server (LD_PRELOAD).
 *
 * The file that KAIBIAO_FAULTS names holds one rule; without the file everything works:
 *
 *     OPERATION WHEN ERROR TIMES PATH
 *
 * OPERATION  sync, write, or change (write, sync, truncate, create, link, rename, remove)
 * WHEN       before: it is not carried out; after: it is carried out and reported failed
 * ERROR      number of the error
 * TIMES      once: the first operation fails and the file is removed; always
 * PATH       part of the path of the files that it is about
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum when { NEVER, BEFORE, AFTER };

struct rule {
    char operation[16], when[16], times[16], path[512];
    int error;
};

static int read_rule(struct rule *rule) {
    const char *name = getenv("KAIBIAO_FAULTS");
    char text[1024];
    if (!name) return 0;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return 0;
    ssize_t length = syscall(SYS_read, fd, text, sizeof text - 1);
    syscall(SYS_close, fd);
    if (length <= 0) return 0;
    text[length] = 0;
    return sscanf(text, "%15s %15s %d %15s %511s", rule->operation, rule->when, &rule->error, rule->times, rule->path) == 5;
}

/* Whether an operation on a path fails now, and how; errno is not touched. */
static enum when fails(const char *operation, const char *path, int *error) {
    struct rule rule;
    int kept = errno;
    enum when when = NEVER;
    if (path && read_rule(&rule) && strstr(path, rule.path)
        && (!strcmp(rule.operation, operation) || !strcmp(rule.operation, "change"))) {
        int is_once = !strcmp(rule.times, "once");
        /* Of two threads only one removes the file: only one operation fails. */
        if (!is_once || syscall(SYS_unlinkat, AT_FDCWD, getenv("KAIBIAO_FAULTS"), 0) == 0)
            when = strcmp(rule.when, "after") ? BEFORE : AFTER;
        *error = rule.error;
    }
    errno = kept;
    return when;
}

static enum when fails_on(const char *operation, int fd, int *error) {
    char link[64], path[1024];
    int kept = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    errno = kept;
    if (length <= 0) return NEVER;
    path[length] = 0;
    return fails(operation, path, error);
}

#define ORIGINAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define WITH_FAULTS(verdict, call)                          \
    do {                                                    \
        int error = 0;                                      \
        enum when when = (verdict);                         \
        if (when == BEFORE) { errno = error; return -1; }   \
        __typeof__(call) result = (call);                   \
        if (when == AFTER) { errno = error; return -1; }    \
        return result;                                      \
    } while (0)

int fsync(int fd) { WITH_FAULTS(fails_on("sync", fd, &error), ORIGINAL(fsync)(fd)); }
int fdatasync(int fd) { WITH_FAULTS(fails_on("sync", fd, &error), ORIGINAL(fdatasync)(fd)); }
ssize_t write(int fd, const void *bytes, size_t count) {
    WITH_FAULTS(fails_on("write", fd, &error), ORIGINAL(write)(fd, bytes, count));
}
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    WITH_FAULTS(fails_on("write", fd, &error), ORIGINAL(pwrite)(fd, bytes, count, at));
}
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    WITH_FAULTS(fails_on("write", fd, &error), ORIGINAL(pwrite64)(fd, bytes, count, at));
}
int ftruncate(int fd, off_t size) { WITH_FAULTS(fails_on("truncate", fd, &error), ORIGINAL(ftruncate)(fd, size)); }
int ftruncate64(int fd, off64_t size) { WITH_FAULTS(fails_on("truncate", fd, &error), ORIGINAL(ftruncate64)(fd, size)); }
int link(const char *from, const char *to) { WITH_FAULTS(fails("link", to, &error), ORIGINAL(link)(from, to)); }
int linkat(int a, const char *from, int b, const char *to, int flags) {
    WITH_FAULTS(fails("link", to, &error), ORIGINAL(linkat)(a, from, b, to, flags));
}
int rename(const char *from, const char *to) { WITH_FAULTS(fails("rename", to, &error), ORIGINAL(rename)(from, to)); }
int unlink(const char *path) { WITH_FAULTS(fails("remove", path, &error), ORIGINAL(unlink)(path)); }
int mkdir(const char *path, mode_t mode) { WITH_FAULTS(fails("create", path, &error), ORIGINAL(mkdir)(path, mode)); }

#define CHANGES(flags) (((flags) & O_ACCMODE) != O_RDONLY || ((flags) & O_CREAT))
#define MODE_OF(flags, mode)                                \
    mode_t mode = 0;                                        \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                  \
        va_list rest;                                       \
        va_start(rest, flags);                              \
        mode = va_arg(rest, mode_t);                        \
        va_end(rest);                                       \
    }

int open(const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    WITH_FAULTS(CHANGES(flags) ? fails("create", path, &error) : NEVER, ORIGINAL(open)(path, flags, mode));
}
int open64(const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    WITH_FAULTS(CHANGES(flags) ? fails("create", path, &error) : NEVER, ORIGINAL(open64)(path, flags, mode));
}
int openat(int at, const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    WITH_FAULTS(CHANGES(flags) ? fails("create", path, &error) : NEVER, ORIGINAL(openat)(at, path, flags, mode));
}
