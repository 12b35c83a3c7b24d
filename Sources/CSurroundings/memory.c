// No memory left ends the program with one line and exit code 71.
//
// Swift would end with a trap, and OpenBLAS, also while it is loaded, would ask again for ever: after
// the system it asks malloc. So malloc and its kin are glibc's, and end the program where those fail;
// see "Replacing malloc" in glibc's manual. oneDNN asks mmap for the code that it generates, and would
// write it to address 0; so mmap is the kernel's, and ends the program where there is no memory.

#if defined(__linux__) && !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static void *had(void *memory, size_t wanted) {
  if (memory || !wanted) return memory;
  static const char message[] =
      "lc: out of memory; is there a limit (ulimit -v)? OpenBLAS alone takes 128 MiB for each "
      "core (OMP_NUM_THREADS makes that fewer)\n";
  if (write(STDERR_FILENO, message, sizeof message - 1)) {}
  _exit(71);
}

void *malloc(size_t size) { return had(__libc_malloc(size), size); }

void *calloc(size_t count, size_t size) { return had(__libc_calloc(count, size), count && size); }

void *realloc(void *memory, size_t size) { return had(__libc_realloc(memory, size), size); }

void *memalign(size_t alignment, size_t size) {
  return had(__libc_memalign(alignment, size), size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
  if (alignment < sizeof(void *) || alignment & (alignment - 1)) return EINVAL;
  *memory = memalign(alignment, size);
  return 0;
}

// Whoever asks for huge pages has another way when there are none.
void *mmap(void *at, size_t size, int protection, int flags, int file, off_t offset) {
  long found = syscall(SYS_mmap, at, size, protection, flags, file, offset);
  int isMemory = flags & MAP_ANONYMOUS && !(flags & MAP_HUGETLB);
  if (found == -1 && errno == ENOMEM && isMemory) had(NULL, size);
  return (void *)found;
}

#endif
