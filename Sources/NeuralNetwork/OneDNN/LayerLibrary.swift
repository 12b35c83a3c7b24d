import COneDNN

/// The library that the layers run on.
package enum LayerLibrary {
  /// Such as `oneDNN 2.6.3`.
  package static var version: String {
    guard let version = dnnl_version()?.pointee else { return "oneDNN" }
    return "oneDNN \(version.major).\(version.minor).\(version.patch)"
  }
}
