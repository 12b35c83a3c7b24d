import Foundation
import LearningCompression

/// What `lc compress --json` says of a cell that is done, as far as tables want it.
package struct CellResult: Codable, Sendable {
  package let reference: Figures
  package let direct: Figures
  package let compressed: Figures
  /// By count, of the compressed tensors, and of the whole network.
  package let ratio: Double
  package let networkRatio: Double
  package let bits: Int
  package let referenceBits: Int
  package let fileBytes: Int
  /// Of these the provenance, which has paths in it; none for those of older versions.
  package let provenanceBytes: Int?
  package let multiplications: Int
  package let additions: Int
  package let seconds: Double
  /// Which test images Δ(θ) gets wrong, a bit an image; none for those of older versions.
  package let testMistakes: Data?
  /// All options that it depended on, given or not; none for those of older versions.
  package let settings: [String: String]?
  /// Of the smaller network, where the recipe asks for one.
  package var shrunk: Shrunk?

  /// What `lc shrink --json` says.
  package struct Shrunk: Codable, Sendable {
    package let parametersBefore: Int
    package let parametersAfter: Int
    package let after: Figures
  }

  /// Of Δ(θ), or of the smaller network that was made of it.
  var final: Figures { shrunk?.after ?? compressed }

  /// Which test images that gets wrong, as far as it is known.
  var finalMistakes: Data? { shrunk == nil ? testMistakes : nil }

  /// 32 bits a weight over the file's without its provenance, of the compressed tensors alone.
  package var fileRatio: Double {
    // The file holds what is not compressed as well, in 32 bits.
    Double(referenceBits)
      / max(1, 8 * Double(fileBytes - (provenanceBytes ?? 0)) - uncompressedBits)
  }

  /// Of biases and the like, from the two ratios.
  private var uncompressedBits: Double {
    // networkRatio = (reference + u) / (bits + u)
    guard networkRatio > 1 else { return 0 }
    let u = (Double(referenceBits) - networkRatio * Double(bits)) / (networkRatio - 1)
    return max(0, u.rounded())
  }
}

extension Grid {
  /// What a finished run says of what it was made of.
  package struct Result {
    package let folder: String
    /// What tables call it.
    package let network: String
    /// None for those of older versions.
    package let dataChecksum: String?
    /// The network's name and checksum; none for those of older versions.
    package let definition: String?
    /// Of the weights that a cell has compressed.
    package let modelChecksum: String?
  }

  /// Of references and cells, as far as they are there.
  package func results(in directory: String) -> [Result] {
    struct Origin: Decodable {
      let dataChecksum: String?
      let modelChecksum: String?
      let settings: [String: String]?
    }
    func result(_ folder: String, _ reference: Reference) -> Result? {
      guard let data = FileManager.default.contents(atPath: "\(folder)/result.json"),
        let origin = try? JSONDecoder().decode(Origin.self, from: data)
      else { return nil }
      return Result(
        folder: folder, network: reference.network, dataChecksum: origin.dataChecksum,
        definition: origin.settings?["--network"], modelChecksum: origin.modelChecksum)
    }
    return references.compactMap { result(Self.folder($0, in: directory), $0) }
      + cells.compactMap { result(Self.folder($0, in: directory), $0.reference) }
  }
}

/// How a cell stands.
package enum CellState: Sendable {
  case open
  case done(CellResult)
  /// It ended with an error that would come again, such as divergence.
  case failed(String)
}

extension Grid {
  /// The folder of a cell or reference.
  package static func folder(_ cell: Cell, in directory: String) -> String {
    "\(directory)/cells/\(cell.name)"
  }

  package static func folder(_ reference: Reference, in directory: String) -> String {
    "\(directory)/references/\(reference.name)"
  }

  /// Where a reference's weights are, or will be.
  package static func weights(of reference: Reference, in directory: String) -> String {
    reference.given ?? "\(folder(reference, in: directory))/weights.safetensors"
  }

  /// Reads what is known of a cell.
  package static func state(of cell: Cell, in directory: String) -> CellState {
    let folder = folder(cell, in: directory)
    if let data = FileManager.default.contents(atPath: "\(folder)/result.json"),
      var result = try? JSONDecoder().decode(CellResult.self, from: data)
    {
      guard cell.shrinking != nil else { return .done(result) }
      if let data = FileManager.default.contents(atPath: "\(folder)/shrink.json"),
        let shrunk = try? JSONDecoder().decode(CellResult.Shrunk.self, from: data)
      {
        result.shrunk = shrunk
        return .done(result)
      }
    }
    if let reason = failure(in: folder) { return .failed(reason) }
    if let reason = failure(of: cell.reference, in: directory) {
      return .failed("its reference failed: \(reason)")
    }
    return .open
  }

  /// Why a reference could not be trained, if it could not.
  package static func failure(of reference: Reference, in directory: String) -> String? {
    failure(in: folder(reference, in: directory))
  }

  private static func failure(in folder: String) -> String? {
    FileManager.default.contents(atPath: "\(folder)/failed.txt").map {
      // The reason, before where there is more.
      let lines = String(decoding: $0, as: UTF8.self).split(whereSeparator: \.isNewline)
      return (lines.first.map(String.init) ?? "").trimmingCharacters(in: .whitespaces)
    }
  }
}
