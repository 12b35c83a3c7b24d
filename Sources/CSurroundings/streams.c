// Standard streams that are closed become /dev/null, or the first files to be opened, a lock or an
// output, would take their numbers and whatever is printed.

#if defined(__linux__)

#include <fcntl.h>
#include <unistd.h>

static void open_streams(void) {
  int descriptor;
  do descriptor = open("/dev/null", O_RDWR);
  while (descriptor >= 0 && descriptor <= STDERR_FILENO);
  if (descriptor >= 0) close(descriptor);
}

// Before the libraries' own initialisers, which may open files as well.
__attribute__((section(".preinit_array"), used)) static void (*const before_libraries)(void) =
    open_streams;

#endif
