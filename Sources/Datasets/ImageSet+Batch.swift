import LinearAlgebra

extension ImageSet {
  /// Fills a mini-batch: the images of the given indices, normalised, and their labels.
  ///
  /// Image i of the batch is written to `images[i · pixelsPerImage ..< (i + 1) · pixelsPerImage]`
  /// and its class to `labels[i]`. Both outputs may be longer than the batch; their ends are left
  /// as they are. Nothing is allocated.
  ///
  /// - Parameter moves: what happens to each image, or none; what comes in from outside is 0.
  /// - Precondition: every index is in 0..<count; the mean image has this set's pixels per image, and
  ///   there is one scale or one a channel; there are as many moves as indices, or none; the outputs
  ///   have room for `indices.count` images and labels.
  /// - Complexity: O(indices × pixelsPerImage), on all threads.
  package func gather(
    _ indices: ArraySlice<Int32>, normalisation: Normalisation, moves: [Augmentation.Move] = [],
    into images: inout MutableSpan<Float>, labels batchLabels: inout MutableSpan<Int32>
  ) {
    precondition(normalisation.mean.count == pixelsPerImage, "the mean image has another shape")
    precondition(
      normalisation.scales.count == 1 || normalisation.scales.count == shape[0],
      "one scale, or one a channel")
    precondition(images.count / pixelsPerImage >= indices.count, "the batch has too few pixels")
    precondition(batchLabels.count >= indices.count, "the batch has too few labels")
    precondition(moves.isEmpty || moves.count == indices.count, "a move for each image, or none")
    images.withUnsafeMutableBufferPointer { images in
      batchLabels.withUnsafeMutableBufferPointer { batchLabels in
        let grain = max(1, 16_384 / pixelsPerImage)
        parallel(over: indices.count, grain: grain) { part in
          for slot in part {
            let image = Int(indices[indices.startIndex + slot])
            precondition(image >= 0 && image < count, "no image has this index")
            batchLabels[slot] = Int32(labels[image])
            // In bounds by the precondition above: the slices are checked here, once an image.
            let output = UnsafeMutableBufferPointer(
              rebasing: images[slot * pixelsPerImage..<(slot + 1) * pixelsPerImage])
            let move = moves.isEmpty ? nil : moves[slot]
            if let move, !move.isNone {
              normalise(image, with: normalisation, moved: move, into: output)
            } else {
              normalise(image, with: normalisation, into: output)
            }
          }
        }
      }
    }
  }

  /// Calls the body with the pixels of an image, the mean image, and each channel's scale.
  ///
  /// All have the length of an image. A check of every pixel would keep the loops over them from being
  /// vectorised.
  private func withChannels(
    of image: Int, _ normalisation: Normalisation,
    _ body: (
      _ pixels: UnsafeBufferPointer<UInt8>, _ mean: UnsafeBufferPointer<Float>,
      _ channel: Range<Int>, _ scale: Float
    ) -> Void
  ) {
    let row = image * pixelsPerImage..<(image + 1) * pixelsPerImage
    let plane = shape[1] * shape[2]
    pixels.withUnsafeBufferPointer { pixels in
      normalisation.mean.withUnsafeBufferPointer { mean in
        let source = UnsafeBufferPointer(rebasing: pixels[row])
        for channel in 0..<shape[0] {
          let scales = normalisation.scales
          body(
            source, mean, channel * plane..<(channel + 1) * plane,
            scales[scales.count == 1 ? 0 : channel])
        }
      }
    }
  }

  /// Writes one image.
  private func normalise(
    _ image: Int, with normalisation: Normalisation, into output: UnsafeMutableBufferPointer<Float>
  ) {
    withChannels(of: image, normalisation) { pixels, mean, channel, scale in
      for j in channel { output[j] = Float(pixels[j]) * scale - mean[j] }
    }
  }

  /// Writes one image that is mirrored and moved.
  private func normalise(
    _ image: Int, with normalisation: Normalisation, moved move: Augmentation.Move,
    into output: UnsafeMutableBufferPointer<Float>
  ) {
    let (height, width) = (shape[1], shape[2])
    // What of each row comes from inside of the image.
    let columns =
      move.isMirrored
      ? (-move.right..<width - move.right).clamped(to: 0..<width)
      : (move.right..<width + move.right).clamped(to: 0..<width)
    withChannels(of: image, normalisation) { pixels, mean, channel, scale in
      for row in 0..<height {
        let start = channel.lowerBound + row * width
        let from = row - move.down
        guard from >= 0, from < height, !columns.isEmpty else {
          for column in 0..<width { output[start + column] = 0 }
          continue
        }
        let source = channel.lowerBound + from * width
        for column in 0..<columns.lowerBound { output[start + column] = 0 }
        if move.isMirrored {
          let last = source + width - 1 - move.right
          for column in columns {
            output[start + column] = Float(pixels[last - column]) * scale - mean[last - column]
          }
        } else {
          let first = source - move.right
          for column in columns {
            output[start + column] = Float(pixels[first + column]) * scale - mean[first + column]
          }
        }
        for column in columns.upperBound..<width { output[start + column] = 0 }
      }
    }
  }
}
