/// How bytes become numbers:  x_j = pixel_j · scale − mean_j.
public struct Normalisation: Sendable, Equatable {
  /// What a pixel is multiplied by; 1/255 brings it to 0…1.
  public let scale: Float
  /// The mean image, already scaled; one value a pixel of an image.
  public let mean: [Float]

  /// A given scale and mean image, for instance those that a model was trained with.
  public init(scale: Float, mean: [Float]) {
    self.scale = scale
    self.mean = mean
  }

  /// Scales to 0…1 and subtracts the mean image of `images`.
  ///
  /// The sums are exact, over integers; each mean is rounded once in `Double` and once to `Float`.
  ///
  /// - Complexity: O(pixels) time, O(pixels of one image) scratch.
  public init(meanOf images: ImageSet) {
    let whole = 255 * Double(images.count)
    scale = 1 / 255
    mean = images.pixelSums().map { Float(Double($0) / whole) }
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
}
