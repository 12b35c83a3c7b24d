/// How bytes become numbers:  x_j = pixel_j · scale − mean_j.
public struct Normalisation: Sendable, Equatable {
  /// What the numbers are found from.
  public enum Kind: String, Sendable, CaseIterable {
    /// Each pixel's own mean is subtracted.
    case mean
    /// Each channel's mean is subtracted, and what is left divided by its standard deviation.
    case standard
  }

  /// Where it comes from; none when it was given as numbers.
  public let kind: Kind?
  /// What a pixel is multiplied by, one value a channel, or one for all of them; 1/255 brings it to
  /// 0…1.
  package let scales: [Float]
  /// The mean image, already scaled; one value a pixel of an image.
  package let mean: [Float]

  /// A given scale and mean image.
  public init(scale: Float, mean: [Float]) {
    self.init(kind: nil, scales: [scale], mean: mean)
  }

  private init(kind: Kind?, scales: [Float], mean: [Float]) {
    self.kind = kind
    self.scales = scales
    self.mean = mean
  }

  /// The usual one of that kind, from the training images.
  public init(_ kind: Kind, of images: ImageSet) {
    switch kind {
    case .mean: self.init(meanOf: images)
    case .standard: self.init(standardOf: images)
    }
  }

  /// Scales to 0…1 and subtracts the mean image of `images`.
  ///
  /// The sums are exact, over integers; each mean is rounded once in `Double` and once to `Float`.
  ///
  /// - Complexity: O(pixels) time, O(pixels of one image) scratch.
  public init(meanOf images: ImageSet) {
    let whole = 255 * Double(images.count)
    self.init(
      kind: .mean, scales: [1 / 255], mean: images.pixelSums().map { Float(Double($0) / whole) })
  }

  /// Brings each channel of `images` to mean 0 and variance 1; a channel whose pixels are all the same
  /// is only moved to 0.
  ///
  /// The sums are exact, over integers; the variance is that of all the pixels, divided by their number.
  ///
  /// - Complexity: O(pixels) time.
  public init(standardOf images: ImageSet) {
    let plane = images.shape[1] * images.shape[2]
    let count = Double(images.count) * Double(plane)
    var scales: [Float] = []
    var mean: [Float] = []
    for (sum, squares) in images.channelSums() {
      let average = Double(sum) / count
      let deviation = max(0, Double(squares) / count - average * average).squareRoot()
      // Bytes that differ at all have a deviation far above this.
      let scale = deviation > 1e-6 ? 1 / deviation : 1 / 255
      scales.append(Float(scale))
      mean += repeatElement(Float(average * scale), count: plane)
    }
    self.init(kind: .standard, scales: scales, mean: mean)
  }
}

extension ImageSet {
  /// The sum of each pixel over all images; `pixelsPerImage` many, exact.
  func pixelSums() -> [Int] {
    var sums = [Int](repeating: 0, count: pixelsPerImage)
    let pixels = pixels.span
    var total = sums.mutableSpan
    for image in 0..<count {
      let row = pixels.extracting(image * pixelsPerImage..<(image + 1) * pixelsPerImage)
      for j in row.indices { total[j] += Int(row[j]) }
    }
    return sums
  }

  /// Σ pixel and Σ pixel² of each channel, exact: at most 2⁴⁷ pixels fit into memory.
  func channelSums() -> [(sum: Int, squares: Int)] {
    let plane = shape[1] * shape[2]
    var sums = [(sum: Int, squares: Int)](repeating: (0, 0), count: shape[0])
    let pixels = pixels.span
    for image in 0..<count {
      for channel in 0..<shape[0] {
        let start = image * pixelsPerImage + channel * plane
        let part = pixels.extracting(start..<start + plane)
        var (sum, squares) = (0, 0)
        for j in part.indices {
          let pixel = Int(part[j])
          sum += pixel
          squares += pixel * pixel
        }
        sums[channel].sum += sum
        sums[channel].squares += squares
      }
    }
    return sums
  }
}
