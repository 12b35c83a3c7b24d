import LinearAlgebra

/// Adds the gradients of a tensor that several layers read into the first of them.
final class GradientSum: Operation {
  let name: String
  private let precision: Precision
  private let gradients: [UnsafeMutableRawPointer]
  private let count: Int

  init(_ name: String, _ gradients: [UnsafeMutableRawPointer], count: Int, precision: Precision) {
    self.name = name
    self.precision = precision
    self.gradients = gradients
    self.count = count
  }

  func forward(training: Bool) throws {}

  func backward() throws {
    switch precision {
    case .float32: backward(Float.self)
    case .bfloat16: backward(BFloat16.self)
    }
  }

  private func backward<Element: ActivationElement>(_: Element.Type) {
    guard let first = gradients.first?.assumingMemoryBound(to: Element.self) else { return }
    for other in gradients.dropFirst() {
      Elementwise<Element>.add(other.assumingMemoryBound(to: Element.self), to: first, count: count)
    }
  }
}
