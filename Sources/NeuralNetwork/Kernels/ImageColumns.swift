import LinearAlgebra

/// The values under a convolution's kernel as rows of a matrix, one row a place of the kernel:
/// [images · output height · output width, kernel height · kernel width · channels], from images that
/// lie channels-last. What lies outside of an image is zero.
///
/// - Source: Chellapilla, Puri & Simard, "High performance convolutional neural networks for document
///   processing", 2006.
struct ImageColumns {
  let input: ImageShape
  let output: ImageShape
  let window: Window

  /// Rows of one image.
  var places: Int { output.height * output.width }
  /// Values of one row.
  var width: Int { window.size * window.size * input.channels }

  /// Copies the values of some images.
  ///
  /// - Parameter columns: room for images · `places` · `width` values.
  /// - Complexity: O(images · places · width).
  func gather(
    _ x: UnsafePointer<Float>, images: Int, into columns: UnsafeMutablePointer<Float>
  ) {
    let channels = input.channels
    let size = window.size
    let run = size * channels
    parallel(over: images * places, grain: max(1, 16_384 / max(1, width))) { rows in
      for row in rows {
        let place = row % places
        let image = x + row / places * input.count
        let top = place / output.width * window.stride - window.padding
        let left = place % output.width * window.stride - window.padding
        // The part of the kernel's columns that lies within the image; empty where none does.
        let first = min(size, max(0, -left))
        let last = max(first, min(size, input.width - left))
        var target = columns + row * width
        for y in top..<top + size {
          if y < 0 || y >= input.height {
            target.update(repeating: 0, count: run)
          } else {
            target.update(repeating: 0, count: first * channels)
            (target + first * channels).update(
              from: image + ((y * input.width) + left + first) * channels,
              count: (last - first) * channels)
            (target + last * channels).update(repeating: 0, count: (size - last) * channels)
          }
          target += run
        }
      }
    }
  }

  /// The transpose of `gather`: each value of the images is the sum of those that were copied from it.
  func scatter(
    _ columns: UnsafePointer<Float>, images: Int, into x: UnsafeMutablePointer<Float>
  ) {
    // Parts begin at multiples of 16; so a part is of whole rows of pixels.
    parallel(over: images * input.height * 16, grain: 16) { part in
      for row in part.lowerBound / 16..<part.upperBound / 16 {
        let first = row / input.height * places
        let rows = placesOver(row % input.height, of: output.height)
        for column in 0..<input.width {
          sum(
            columns + first * width, row: row % input.height, rows, column: column,
            placesOver(column, of: output.width),
            into: x + (row * input.width + column) * input.channels)
        }
      }
    }
  }

  /// The places of the kernel, along one side, that lie over a pixel.
  private func placesOver(_ pixel: Int, of places: Int) -> Range<Int> {
    let padded = pixel + window.padding
    let first = max(0, (padded - window.size + window.stride) / window.stride)
    return first..<max(first, min(places, padded / window.stride + 1))
  }

  /// Σ over the places of the values that were copied from one pixel.
  @inline(__always)
  private func sum(
    _ columns: UnsafePointer<Float>, row: Int, _ rows: Range<Int>, column: Int,
    _ placesInRow: Range<Int>, into pixel: UnsafeMutablePointer<Float>
  ) {
    let channels = input.channels
    // Where the first place's row of the matrix holds this pixel, and the way to the next places'.
    let i = row + window.padding - rows.lowerBound * window.stride
    let j = column + window.padding - placesInRow.lowerBound * window.stride
    let first =
      columns + (rows.lowerBound * output.width + placesInRow.lowerBound) * width
      + (i * window.size + j) * channels
    let right = width - window.stride * channels
    let down = output.width * width - window.stride * window.size * channels
    var next = 0
    while next < channels, channels >= 8 {
      // The last eight may overlap those before: what is written twice is the same.
      let channel = min(next, channels - 8)
      var total = SIMD8<Float>(repeating: 0)
      var start = first + channel
      for _ in 0..<rows.count {
        var value = start
        for _ in 0..<placesInRow.count {
          total += Float.load8(value)
          value += right
        }
        start += down
      }
      Float.store8(total, pixel + channel)
      next += 8
    }
    while next < channels {
      var total: Float = 0
      for y in 0..<rows.count {
        for x in 0..<placesInRow.count { total += first[y * down + x * right + next] }
      }
      pixel[next] = total
      next += 1
    }
  }
}
