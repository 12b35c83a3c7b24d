/// Which weights go together, place by place.
enum Blocks: String {
  case rows, columns, channels, kernels
  case tiles = "4x3"

  func numbers(_ shape: [Int]) -> [Int] {
    let count = shape.reduce(1, *)
    let columns = count / shape[0]
    let inner = shape.dropFirst(2).reduce(1, *)
    return (0..<count).map { index in
      switch self {
      case .rows: return index / columns
      case .columns: return index % columns
      case .channels: return index / inner % shape[1]
      case .kernels: return index / inner
      case .tiles: return index / columns / 4 * ((columns + 2) / 3) + index % columns / 3
      }
    }
  }

  /// Σw² and the number of weights of each block.
  func norms(_ values: [Double], _ shape: [Int]) -> (squares: [Double], sizes: [Double]) {
    let numbers = numbers(shape)
    var squares = [Double](repeating: 0, count: (numbers.max() ?? 0) + 1)
    var sizes = squares
    for (number, value) in zip(numbers, values) {
      squares[number] += value * value
      sizes[number] += 1
    }
    return (squares, sizes)
  }
}
