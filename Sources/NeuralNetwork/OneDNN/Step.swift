/// Something that a layer does, compiled and bound to its buffers.
protocol Step: AnyObject {
  func run() throws
}

extension Primitive: Step {}
