extension ImageSet {
  /// Fills a mini-batch: the images of the given indices, normalised, and their labels.
  ///
  /// Image i of the batch is written to `images[i · pixelsPerImage ..< (i + 1) · pixelsPerImage]`
  /// and its class to `labels[i]`. Both outputs may be longer than the batch; their ends are left
  /// as they are. Nothing is allocated.
  ///
  /// - Precondition: every index is in 0..<count; the mean image has this set's pixels per image, and
  ///   there is one scale or one a channel; the outputs have room for `indices.count` images and labels.
  /// - Complexity: O(indices × pixelsPerImage)
  public func gather(
    _ indices: ArraySlice<Int32>, normalisation: Normalisation,
    into images: inout MutableSpan<Float>, labels batchLabels: inout MutableSpan<Int32>
  ) {
    precondition(normalisation.mean.count == pixelsPerImage, "the mean image has another shape")
    precondition(
      normalisation.scales.count == 1 || normalisation.scales.count == shape[0],
      "one scale, or one a channel")
    precondition(images.count / pixelsPerImage >= indices.count, "the batch has too few pixels")
    precondition(batchLabels.count >= indices.count, "the batch has too few labels")
    for (slot, index) in indices.enumerated() {
      let image = Int(index)
      precondition(image >= 0 && image < count, "no image has this index")
      batchLabels[slot] = Int32(labels[image])
      normalise(image, with: normalisation, into: &images, at: slot * pixelsPerImage)
    }
  }

  /// Writes one image to `output[start ..< start + pixelsPerImage]`.
  private func normalise(
    _ image: Int, with normalisation: Normalisation, into output: inout MutableSpan<Float>,
    at start: Int
  ) {
    let row = image * pixelsPerImage..<(image + 1) * pixelsPerImage
    pixels.withUnsafeBufferPointer { pixels in
      normalisation.mean.withUnsafeBufferPointer { mean in
        output.withUnsafeMutableBufferPointer { output in
          // In bounds: the slices are checked here, once an image, and all have the length of the
          // mean image. A check of every pixel would keep the loop from being vectorised.
          let source = UnsafeBufferPointer(rebasing: pixels[row])
          let target = UnsafeMutableBufferPointer(
            rebasing: output[start..<start + pixelsPerImage])
          let plane = pixelsPerImage / normalisation.scales.count
          for (channel, scale) in normalisation.scales.enumerated() {
            for j in channel * plane..<(channel + 1) * plane {
              target[j] = Float(source[j]) * scale - mean[j]
            }
          }
        }
      }
    }
  }
}
