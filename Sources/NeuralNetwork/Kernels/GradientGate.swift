/// What a gradient must pass on its way to batch norm's values: the derivative of what followed.
protocol GradientGate {
  associatedtype Element: ActivationElement
  /// The gate of eight channels from one on, with what it needs in registers.
  associatedtype Channels: GradientGateOfChannels where Channels.Element == Element

  func channels(from channel: Int) -> Channels
  /// Whether a gradient passes, given x − mean and its place in the tensor.
  func isOpen(_ centred: Float, _ channel: Int, _ index: Int) -> Bool
}

protocol GradientGateOfChannels {
  associatedtype Element: ActivationElement
  func passed(_ d: SIMD8<Float>, _ centred: SIMD8<Float>, _ index: Int) -> SIMD8<Float>
}

/// No activation.
struct OpenGate<Element: ActivationElement>: GradientGate, GradientGateOfChannels {
  @inline(__always) func channels(from channel: Int) -> OpenGate { self }
  @inline(__always)
  func passed(_ d: SIMD8<Float>, _ centred: SIMD8<Float>, _ index: Int) -> SIMD8<Float> { d }
  @inline(__always) func isOpen(_ centred: Float, _ channel: Int, _ index: Int) -> Bool { true }
}

/// A ReLU of scale·(x − mean) + shift: nothing but x is needed to know where it was positive.
struct RecomputedGate<Element: ActivationElement>: GradientGate {
  let scale: UnsafePointer<Float>
  let shift: UnsafePointer<Float>

  struct Channels: GradientGateOfChannels {
    let scale: SIMD8<Float>
    let shift: SIMD8<Float>

    @inline(__always)
    func passed(_ d: SIMD8<Float>, _ centred: SIMD8<Float>, _ index: Int) -> SIMD8<Float> {
      d.kept(where: scale * centred + shift)
    }
  }

  @inline(__always) func channels(from channel: Int) -> Channels {
    Channels(scale: Float.load8(scale + channel), shift: Float.load8(shift + channel))
  }

  @inline(__always) func isOpen(_ centred: Float, _ channel: Int, _ index: Int) -> Bool {
    scale[channel] * centred + shift[channel] > 0
  }
}

/// A ReLU whose outputs are given.
struct OutputGate<Element: ActivationElement>: GradientGate, GradientGateOfChannels {
  let outputs: UnsafePointer<Element>

  @inline(__always) func channels(from channel: Int) -> OutputGate { self }
  @inline(__always)
  func passed(_ d: SIMD8<Float>, _ centred: SIMD8<Float>, _ index: Int) -> SIMD8<Float> {
    d.kept(where: Element.load8(outputs + index))
  }
  @inline(__always) func isOpen(_ centred: Float, _ channel: Int, _ index: Int) -> Bool {
    outputs[index].float > 0
  }
}
