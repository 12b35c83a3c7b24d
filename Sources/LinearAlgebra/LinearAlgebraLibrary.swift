import COpenBLAS

/// The library that BLAS and LAPACK come from.
package enum LinearAlgebraLibrary {
  /// Such as `OpenBLAS 0.3.21, SkylakeX kernels`.
  package static var version: String {
    // The configuration begins with the name and the version.
    let name = String(cString: openblas_get_config()).split(separator: " ").prefix(2)
    return "\(name.joined(separator: " ")), \(BLASKernels.chosen) kernels"
  }
}
