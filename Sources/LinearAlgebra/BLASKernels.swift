import COpenBLAS
import Foundation

/// Makes OpenBLAS use the kernels of the processor that it runs on.
///
/// OpenBLAS picks its kernels by the processor's model number when it is loaded and falls back to
/// those of a Prescott (SSE3) for models that are newer than itself: five times slower on a machine
/// with AVX-512. Where that has happened and the processor says that it has AVX-512, this picks
/// the AVX-512 kernels instead. `OPENBLAS_CORETYPE` in the environment is respected.
enum BLASKernels {
  /// To be called before a call into BLAS or LAPACK, also for the threads that those count on.
  static func prepare() {
    _ = chosen
    Threads.use(Threads.count)
  }

  /// The kernels' name.
  static let chosen: String = {
    let found = String(cString: openblas_get_corename())
    let slow = ["Prescott", "Core2", "Nehalem"]
    guard slow.contains(found), getenv("OPENBLAS_CORETYPE") == nil,
      let flags = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
    else { return found }
    let best: String? =
      flags.contains(" avx512vl") && flags.contains(" avx512dq")
      ? "SkylakeX" : flags.contains(" avx2") && flags.contains(" fma") ? "Haswell" : nil
    typealias Function = @convention(c) () -> Void
    // Only builds with run-time dispatch have these two; without them the build's choice stands.
    guard let best, let quit = dlsym(nil, "gotoblas_dynamic_quit"),
      let start = dlsym(nil, "gotoblas_dynamic_init")
    else { return found }
    setenv("OPENBLAS_CORETYPE", best, 1)
    unsafeBitCast(quit, to: Function.self)()
    unsafeBitCast(start, to: Function.self)()
    unsetenv("OPENBLAS_CORETYPE")
    return String(cString: openblas_get_corename())
  }()
}
